package transport

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"

	"aion.dev/aion/transport/hot"
	"aion.dev/aion/transport/hot/pb"
	"aion.dev/aion/transport/wire"
)

// hotFace joins package hot to a Server: it lets callers in, and answers their calls by the
// handlers of the HTTP routes. A nil hotFace does nothing.
type hotFace struct {
	server     *Server
	face       *hot.Face
	foreign    http.Handler // calls that came by net/http
	operations [pb.Operation_RELEASE + 1]*hotOperation
	streams    slots
}

func newHotFace(s *Server, guarded func(http.Handler) http.Handler) *hotFace {
	h := &hotFace{server: s, streams: slots{what: "streams of the hot face", limit: int64(s.cfg.Limits.Connections)}}
	h.face = hot.NewFace(h)
	h.foreign = guarded(h.face)
	h.listOperations()
	return h
}

// takes reports whether a call that net/http got is for this face.
func (h *hotFace) takes(r *http.Request) bool {
	return h != nil && r.ProtoMajor == 2 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc")
}

// offered reports whether the caller of r could use this face at the same address.
func (h *hotFace) offered(r *http.Request) bool { return h != nil && connectionOf(r) != nil }

// offered is the value of hot.Header.
var offered = []string{"1"}

// The preface of HTTP/2 (RFC 9113, section 3.4), which net/http has read when it hands a connection
// over.
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// join makes srv hand connections over that begin as those of this face do. Without TLS these are
// all of HTTP/2: browsers never speak it there. With TLS they ask for it by its own name, and "h2"
// stays with net/http.
func (h *hotFace) join(srv *http.Server) {
	if h == nil {
		return
	}
	srv.Protocols = new(http.Protocols)
	srv.Protocols.SetHTTP1(true)
	if srv.TLSConfig != nil {
		srv.Protocols.SetHTTP2(true)
		srv.TLSConfig = srv.TLSConfig.Clone()
		srv.TLSConfig.NextProtos = append(slices.Clone(srv.TLSConfig.NextProtos), hot.Protocol)
		srv.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){hot.Protocol: func(_ *http.Server, c *tls.Conn, _ http.Handler) {
			h.handle(c, c.NetConn())
		}}
		return
	}
	srv.Protocols.SetUnencryptedHTTP2(true)
	srv.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){
		"h2": func(*http.Server, *tls.Conn, http.Handler) {}, // keeps net/http from handling the next one itself
		"unencrypted_http2": func(_ *http.Server, c *tls.Conn, _ http.Handler) {
			plain, ok := c.NetConn().(interface{ UnencryptedNetConn() net.Conn })
			if !ok {
				h.server.log.Error("net/http hands connections over in an unknown way: this one is closed")
				return
			}
			raw := plain.UnencryptedNetConn()
			h.handle(&prefaced{Conn: raw, left: preface}, raw)
		},
	}
}

// handle serves a connection; below it is the one that the listener accepted.
func (h *hotFace) handle(c, below net.Conn) {
	own, _ := below.(*connection)
	var state *tls.ConnectionState // with the caller's certificate; nil = plaintext
	if over, ok := c.(*tls.Conn); ok {
		s := over.ConnectionState()
		state = &s
	}
	h.face.Handle(c, func(ctx context.Context) context.Context {
		return context.WithValue(context.WithValue(ctx, connectionKey{}, own), tlsKey{}, state)
	})
}

// tlsKey is where the context of a stream has the state of TLS.
type tlsKey struct{}

// prefaced is a connection whose first bytes have been read.
type prefaced struct {
	net.Conn
	left string
}

// Read implements net.Conn.
func (p *prefaced) Read(b []byte) (int, error) {
	if p.left == "" {
		return p.Conn.Read(b)
	}
	n := copy(b, p.left)
	p.left = p.left[n:]
	return n, nil
}

// serve serves until stop.
func (h *hotFace) serve() {
	if h != nil {
		h.face.Serve()
	}
}

// stop ends the face; calls under way may go on until ctx ends.
func (h *hotFace) stop(ctx context.Context) {
	if h != nil {
		h.face.Stop(ctx)
	}
}

// Closing implements hot.Door.
func (h *hotFace) Closing() <-chan struct{} { return h.server.closing.Done() }

// Open implements hot.Door.
func (h *hotFace) Open(r *http.Request) (hot.Caller, error) {
	s := h.server
	r.TLS, _ = r.Context().Value(tlsKey{}).(*tls.ConnectionState)
	if s.openToAll() && !s.guard.accepts(r) {
		p := misdirected(r)
		s.denials.hold(r, "", p)
		return nil, p
	}
	var who caller
	var err error
	if _, ok := identityIn(r); ok && forwarded(r) {
		err = s.peer(r, peerOpens) // each call says who makes it
	} else {
		who, err = s.identify(r)
	}
	if err != nil {
		p := wire.Of(err)
		if p.Code == "unauthenticated" {
			s.denials.hold(r, "", p)
		}
		return nil, p
	}
	if s.closing.Err() != nil {
		return nil, wire.New("unavailable", "this node is shutting down")
	}
	release, err := h.streams.acquire()
	if err != nil {
		return nil, err
	}
	c := &hotCaller{hotFace: h, who: who, opened: r, connection: connectionOf(r), release: release}
	c.connection.markProven()
	return c, nil
}

// hotCaller is the caller of one stream.
type hotCaller struct {
	*hotFace
	who        caller
	opened     *http.Request
	connection *connection
	release    func() // of its place among the streams

	mu    sync.Mutex // guards the fields below
	calls int        // under way
	over  func()
}

// Close implements hot.Caller.
func (c *hotCaller) Close() { c.release() }

// begin counts a call, so that the connection counts as busy while there is one; end undoes it.
func (c *hotCaller) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls++; c.calls == 1 && c.connection != nil {
		c.over = c.connection.beginCall()
	}
}

func (c *hotCaller) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls--; c.calls == 0 && c.over != nil {
		c.over()
		c.over = nil
	}
}
