package transport

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"aion.dev/aion/transport/wire"
	"github.com/danielgtaylor/huma/v2"
)

// gate is what every call of a route passes first. It determines who calls, whether they may, how
// large the body may be, where the call is served, and how long it may take. serve answers it here.
func (s *Server) gate(route *route, op *huma.Operation, serve server) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{server: s, route: route, w: w, r: r}
		if rec, ok := w.(*recorder); ok {
			rec.operation, rec.exchange = route.id, x
			if route.stream {
				rec.until = time.Time{} // a stream lasts
			} else if !route.open {
				rec.call = x
			}
		}
		if !route.open {
			var err error
			x.caller, err = s.identify(r)
			if err != nil && route.bootstraps {
				if c, ok := bootstrapper(r); ok {
					x.caller, err = c, nil
				}
			}
			if err != nil {
				x.refuse(err)
				return
			}
		}
		if err := x.enterNamespace(); err != nil {
			writeProblem(w, wire.Of(err))
			return
		}
		if !route.open && (!x.caller.open || r.ContentLength == 0) {
			connectionOf(r).markProven() // without tokens, a caller proves itself when its body is complete
		}
		if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
			writeProblem(w, wire.New("unsupported_encoding", "the body is encoded as "+clip(encoding)).With("encoding", clip(encoding)))
			return
		}
		if err := x.checkQuery(op); err != nil {
			writeProblem(w, wire.Of(err))
			return
		}
		if err := checkAddress(op, r); err != nil {
			writeProblem(w, wire.Of(err))
			return
		}
		if !route.open {
			if err := x.authorize(); err != nil {
				x.refuse(err)
				return
			}
		}
		over, err := x.caller.quota.begin(x.waits() || route.stream, time.Now())
		if err != nil {
			writeProblem(w, wire.Of(err))
			return
		}
		defer over()
		if err := s.auditable(&x.caller, route, r); err != nil {
			writeProblem(w, wire.Of(err))
			return
		}
		// A call that another node forwarded is served: that node does not drain, and this one
		// leads.
		if (route.archive || route.deploys) && s.refusesDeploys(r) {
			writeProblem(w, wire.New("unavailable", "this node is draining and accepts no deploys; other nodes do"))
			return
		}
		if !route.open && !x.waits() && !route.stream { // streams have limits of their own
			release, err := s.calls.acquire()
			if err != nil {
				writeProblem(w, wire.Of(err))
				return
			}
			defer release()
		}
		x.bound()
		defer x.releaseMemory()
		if err := x.oversize(); err != nil {
			writeProblem(w, wire.Of(err))
			return
		}
		if route.leader && (route.write || !x.stale()) && !s.cfg.Cluster.IsLeader() {
			if here := s.forwardHoldingSlot(x); !here {
				return
			}
			x.query = r.URL.Query() // with what is left of its wait
		}
		if err := x.findNamespace(); err != nil {
			writeProblem(w, wire.Of(err))
			return
		}
		// Again, now that this node is known to serve the call: it may have become the leader
		// since, and have applied meanwhile that the token was revoked. A leader's state has
		// everything that was acknowledged before it led.
		if err := s.mayGoOn(&x.caller); err != nil {
			x.refuse(err)
			return
		}
		ctx := x.context(r.Context())
		if !route.stream { // a stream lasts
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, x.time())
			defer cancel()
		}
		if s.cfg.Tracer != nil && !route.open && route.id != "events" {
			var end func(int)
			ctx, end = s.cfg.Tracer.Call(ctx, route.id, r.Header)
			defer func() { end(statusOf(w)) }()
		}
		serve(ctx, x)
	}
}

// statusOf returns the status that was answered.
func statusOf(w http.ResponseWriter) int {
	if rec, ok := w.(*recorder); ok {
		return rec.code()
	}
	return 0
}

// refuse answers that the caller may not make the call.
func (x *exchange) refuse(err error) {
	p := wire.Of(err)
	if p.Code == "unauthenticated" || p.Code == "permission_denied" {
		x.server.denials.deny(x.w, x.r, x.caller.name, p)
		return
	}
	writeProblem(x.w, p)
}

// refusesDeploys reports whether this node is draining: then it accepts only deploys that other
// nodes forward to it.
func (s *Server) refusesDeploys(r *http.Request) bool {
	return s.cfg.Cluster.Draining() && !forwarded(r)
}

// forwardHoldingSlot forwards the call. A call that waits at the leader also occupies a waiting
// place here.
func (s *Server) forwardHoldingSlot(x *exchange) (here bool) {
	if x.waits() {
		release, err := s.polls.acquire()
		if err != nil {
			writeProblem(x.w, wire.Of(err))
			return false
		}
		defer release()
	}
	return s.forward(x)
}

// stale reports whether the caller accepts this node's state.
func (x *exchange) stale() bool {
	return x.query.Get("consistency") == "stale"
}

// checkQuery rejects what parsing parameters one by one would overlook: text that is not a query (a
// semicolon loses its neighbours), a second value where one is allowed, and a parameter without a
// value, which would count as absent: ?dry_run must not deploy, ?expect= must not route
// unconditionally. It keeps what it has parsed.
func (x *exchange) checkQuery(op *huma.Operation) (err error) {
	if x.r.URL.RawQuery == "" {
		return nil
	}
	if x.query, err = url.ParseQuery(x.r.URL.RawQuery); err != nil {
		return invalid("query", "cannot be read: %v", err)
	}
	for _, p := range op.Parameters {
		values := x.query[p.Name]
		for _, v := range values {
			if err := checkUnicode(p.Name, v); err != nil && p.In == "query" {
				return err
			}
		}
		switch {
		case p.In != "query" || len(values) == 0:
		case len(values) > 1 && (p.Explode == nil || !*p.Explode):
			return invalid(p.Name, "is given %d times", len(values))
		case values[0] == "" && !mayBeEmpty(p.Name):
			return invalid(p.Name, "is empty; leave it out or give it a value")
		}
	}
	return nil
}

// checkAddress rejects path segments that are not text, because answers and the log could not
// reproduce them.
func checkAddress(op *huma.Operation, r *http.Request) error {
	for _, p := range op.Parameters {
		field := p.Name
		switch {
		case p.In != "path":
			continue
		case field == "id" && strings.HasPrefix(op.Path, "/v1/schedules/"):
			field = "schedule_id"
		case field == "id" && strings.HasPrefix(op.Path, "/v1/backtests/"):
			field = "backtest_id"
		case field == "id" && strings.HasPrefix(op.Path, "/v1/moves/"):
			field = "move_id"
		case field == "id":
			field = "workflow_id"
		}
		if err := checkUnicode(field, r.PathValue(p.Name)); err != nil {
			return err
		}
	}
	return nil
}

func checkUnicode(field, text string) error {
	if utf8.ValidString(text) {
		return nil
	}
	return invalid(field, "is no UTF-8: %s", clip(strconv.QuoteToASCII(text)))
}
