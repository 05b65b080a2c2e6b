package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"aion.dev/aion/transport/hot"
	"aion.dev/aion/transport/hot/pb"
	"aion.dev/aion/transport/wire"
)

// Call implements hot.Caller: it answers a call by the handler of its route, within the same
// limits.
func (c *hotCaller) Call(ctx context.Context, call *pb.Call) (a *pb.Answer, sent func()) {
	c.begin()
	defer c.end()
	done := c.server.metrics.beginHot()
	x := &exchange{server: c.server, caller: c.who}
	operation := "other"
	defer func() {
		if p := recover(); p != nil {
			c.server.log.Error("a handler panicked", "operation", operation, "panic", p, "stack", string(debug.Stack()))
			a = c.failed(wire.New("internal", "the node's handler panicked; its log says more"))
		}
		c.server.auditHot(x, a)
		x.caller.quota.spend(len(call.Body) + len(a.Body))
		sent = x.releaseMemory
		done(operation, int(a.Status))
	}()
	if call.Operation <= 0 || int(call.Operation) >= len(c.operations) {
		return c.failed(invalid("operation", "is %d, which this node does not know", call.Operation)), nil
	}
	op := c.operations[call.Operation]
	operation, x.route = op.id, op.route
	if err := op.check(call); err != nil {
		return c.failed(err), nil
	}
	x.r, x.hot = c.request(ctx, op, call), call
	if x.r.URL.RawQuery != "" {
		x.query = x.r.URL.Query()
	}
	a, err := c.answer(x, op, call)
	if err != nil {
		return c.failed(x.problem(err)), nil
	}
	return a, nil
}

// request describes a call as HTTP would.
func (c *hotCaller) request(ctx context.Context, op *hotOperation, call *pb.Call) *http.Request {
	r := &http.Request{
		Method: op.method, URL: op.address(call), Proto: "HTTP/2.0", ProtoMajor: 2, Header: c.opened.Header, Host: c.opened.Host, RemoteAddr: c.opened.RemoteAddr,
		Body: io.NopCloser(bytes.NewReader(call.Body)), ContentLength: int64(len(call.Body)),
	}
	if call.RequestId == "" && !forwarded(c.opened) {
		return r.WithContext(ctx)
	}
	h := make(http.Header, len(c.opened.Header)+2)
	for name, values := range c.opened.Header {
		h[name] = values
	}
	if call.RequestId != "" {
		h[wire.HeaderRequestID] = []string{call.RequestId}
		if call.Generated {
			h[wire.HeaderGenerated] = generatedHeader
		}
	}
	if forwarded(c.opened) { // the stream is the node's, its calls are those of others
		h["Authorization"], h[wire.HeaderActor] = []string{call.Authorization}, []string{call.Actor}
	}
	r.Header = h
	return r.WithContext(ctx)
}

var generatedHeader = []string{"true"}

// answer is for calls of this face what gate is for those of HTTP.
func (c *hotCaller) answer(x *exchange, op *hotOperation, call *pb.Call) (*pb.Answer, error) {
	s := c.server
	var err error
	if forwarded(x.r) {
		x.caller, err = s.identify(x.r)
	} else {
		err = s.still(&x.caller) // it was let in when its stream began
	}
	if err == nil {
		err = x.enterNamespace()
	}
	if err == nil {
		err = x.authorize()
	}
	if err != nil {
		if p := wire.Of(err); p.Code == "unauthenticated" || p.Code == "permission_denied" {
			s.denials.hold(x.r, x.caller.name, p)
		}
		return nil, err
	}
	over, err := x.caller.quota.begin(x.waits(), time.Now())
	if err != nil {
		return nil, err
	}
	defer over()
	if err := s.auditable(&x.caller, op.route, x.r); err != nil {
		return nil, err
	}
	if !x.waits() {
		release, err := s.calls.acquire()
		if err != nil {
			return nil, err
		}
		defer release()
	}
	x.bound()
	if err := x.oversize(); err != nil {
		return nil, err
	}
	if (op.write || !call.Stale) && !s.cfg.Cluster.IsLeader() {
		a, here, err := c.forward(x)
		if !here {
			return a, err
		}
		if call.Wait != "" {
			x.query = x.r.URL.Query()
			call.Wait = x.query.Get("wait") // what is left of it
		}
	}
	if err := x.findNamespace(); err != nil {
		return nil, err
	}
	if err := s.mayGoOn(&x.caller); err != nil { // as gate does
		return nil, err
	}
	traced, status := x.r.Context(), 0
	if s.cfg.Tracer != nil { // a stream has no place for the traceparent of each call
		var end func(int)
		traced, end = s.cfg.Tracer.Call(traced, op.id, nil)
		defer func() { end(status) }()
	}
	ctx, cancel := context.WithTimeout(x.context(traced), x.time())
	defer cancel()
	reply, err := op.serve(ctx, call)
	if err != nil {
		status = wire.Of(err).Status
		return nil, err
	}
	status = reply.status
	body, err := encodeAnswer(reply.body)
	if err != nil {
		return nil, err
	}
	if err := x.adjustReservation(int64(len(body))); err != nil {
		return nil, err
	}
	return &pb.Answer{Status: uint32(reply.status), Index: reply.index, LeaderContact: reply.contact, Node: s.cfg.Node, Body: body}, nil
}

// encodeAnswer encodes what HTTP would answer.
func encodeAnswer(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

func (c *hotCaller) failed(err error) *pb.Answer {
	p := wire.Of(err)
	return &pb.Answer{Status: uint32(p.Status), Node: c.server.cfg.Node, Problem: hot.FromProblem(p)}
}

// forward forwards a call to the leader. here means that this node leads by now.
func (c *hotCaller) forward(x *exchange) (a *pb.Answer, here bool, err error) {
	w := &captured{header: http.Header{wire.HeaderNode: {c.server.cfg.Node}}}
	x.w = w
	defer func() {
		if p := recover(); p == http.ErrAbortHandler { // half of an answer came
			code := "unavailable"
			if x.route.write {
				code = "outcome_unknown"
			}
			err = wire.New(code, "the leader's answer broke off")
		} else if p != nil {
			panic(p)
		}
	}()
	// Only within a server does the proxy tell half an answer from a whole one.
	x.r = x.r.WithContext(context.WithValue(x.r.Context(), http.ServerContextKey, c))
	if c.server.forwardHoldingSlot(x) {
		return nil, true, nil
	}
	if w.status >= 300 {
		a = c.failed(wire.ParseProblem(w.status, w.body.Bytes()))
	} else {
		a = &pb.Answer{Status: uint32(w.status), Body: w.body.Bytes()}
		a.Index, _ = strconv.ParseUint(w.header.Get(wire.HeaderIndex), 10, 64)
		if err := x.adjustReservation(int64(w.body.Len())); err != nil {
			return nil, false, err
		}
	}
	a.Node = w.header.Get(wire.HeaderNode)
	return a, false, nil
}

// captured is an answer over HTTP, in memory.
type captured struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (w *captured) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *captured) WriteHeader(status int) {
	if status >= 200 && w.status == 0 {
		w.status = status
	}
}

// Write implements http.ResponseWriter.
func (w *captured) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// Flush implements http.Flusher.
func (w *captured) Flush() {}
