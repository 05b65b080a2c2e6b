package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"time"

	"aion.dev/aion/transport/hot"
	"aion.dev/aion/transport/hot/pb"
	"aion.dev/aion/transport/wire"
)

const (
	leaderRetry = 20 * time.Millisecond // between two looks for a leader
	dialTimeout = 2 * time.Second
	leaderCheck = 500 * time.Millisecond // between two checks that the node that was called still leads
	lastWords   = time.Second            // for a deposed leader to report what it knows of a call
)

// errLeadsNow ends a forward because this node became the leader.
var errLeadsNow = errors.New("this node leads now")

// errDeposed ends a forward to a node that no longer leads and has not reported the outcome of the
// call: it is frozen or cut off.
var errDeposed = errors.New("it does not lead any more")

func newLeaderTransport(cfg Config) *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}
	return &http.Transport{
		DialContext: dialer.DialContext,
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			d := tls.Dialer{NetDialer: dialer}
			if cfg.LeaderTLS != nil {
				d.Config = cfg.LeaderTLS() // from the files as they are now
			}
			ctx, cancel := context.WithTimeout(ctx, dialTimeout+5*time.Second)
			defer cancel()
			return d.DialContext(ctx, network, address)
		},
		MaxConnsPerHost:     cfg.Limits.Connections,
		MaxIdleConnsPerHost: 1024,             // with fewer than a flood has in progress, connections would be dialed again and again
		IdleConnTimeout:     10 * time.Second, // connections that a flood opened close soon
		DisableCompression:  true,
	}
}

// forward forwards a call of a leader-only route to the leader, and returns its answer, both
// unchanged and unbuffered. It makes one hop: a call that was already forwarded is refused with
// no_leader. While there is no leader, or the known one is unreachable, it waits and looks again,
// as long as nothing of the body has been sent. It returns true, with nothing written, if this node
// became the leader meanwhile and must serve the call itself.
func (s *Server) forward(x *exchange) (here bool) {
	if forwarded(x.r) {
		writeProblem(x.w, wire.New("no_leader", fmt.Sprintf("node %s forwarded the call, but node %s does not lead", clip(x.r.Header.Get(wire.HeaderForwarded)), s.cfg.Node)))
		return false
	}
	ctx, cancel := context.WithTimeout(x.r.Context(), s.cfg.Limits.LeaderWait+x.time()+dialTimeout) // the leader itself gives up earlier
	defer cancel()
	if !x.route.write || x.route.waits { // a waiting call must not delay this node's shutdown; the client asks another node
		defer context.AfterFunc(s.closing, cancel)()
	}
	hop := &hop{server: s, hot: x.hot, body: &x.body, until: time.Now().Add(s.cfg.Limits.LeaderWait)}
	if !x.route.write {
		hop.waiting = waitingReadOf(x.r)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host = "http", "leader" // hop knows the real address
			// The leader does not know the names of this node, and this node has already checked
			// the origin of the page that makes the call.
			p.Out.Host = ""
			p.Out.Header.Del("Origin")
			p.Out.Header.Del("Sec-Fetch-Site")
			if id, given := p.Out.Header[wire.HeaderRequestID]; given {
				delete(p.Out.Header, wire.HeaderRequestID)
				p.Out.Header[wire.RequestIDKey] = id
			}
			p.Out.Header.Del("X-Idempotency-Key") // http.Transport treats it like Idempotency-Key; we do not use it
			p.Out.Header.Set(wire.HeaderForwarded, s.cfg.Node)
			s.introduce(p.Out.Header, x)
		},
		Transport:     hop,
		FlushInterval: -1,
		ErrorLog:      s.log.StandardLogger(nil),
		ModifyResponse: func(r *http.Response) error {
			x.w.Header().Del(wire.HeaderNode) // the leader's own stays
			r.Header.Del(hot.Header)          // and of faces this node's
			return nil
		},
		ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, err error) {
			if here = errors.Is(err, errLeadsNow); !here {
				writeProblem(x.w, s.hopProblem(x, hop, err))
			}
		},
	}
	proxy.ServeHTTP(x.w, x.r.WithContext(ctx))
	return here
}

// hopProblem returns the problem for a hop without an answer.
func (s *Server) hopProblem(x *exchange, h *hop, err error) *wire.Problem {
	if refusal, ok := errors.AsType[wire.Refusal](err); ok { // an archive was too large: the leader cannot have accepted it as a whole
		return wire.Of(refusal)
	}
	if p, ok := errors.AsType[*wire.Problem](err); ok { // the same holds for any other body
		return p
	}
	detail := fmt.Sprintf("the leader %s did not answer: %v", h.leader, err)
	if s.closing.Err() != nil {
		detail = fmt.Sprintf("this node is shutting down, and the leader %s had not answered", h.leader)
	}
	switch {
	case certificateRefused(err):
		return wire.New("unavailable", fmt.Sprintf("this node does not accept the certificate of the leader %s: %v", h.leader, err)).With("leader", h.leader)
	case dialFailed(err):
		return wire.New("no_leader", detail).With("leader", h.leader)
	case x.route.write:
		return wire.New("outcome_unknown", detail).With("leader", h.leader)
	}
	return wire.New("unavailable", detail).With("leader", h.leader)
}

// hop is the path of one call to the leader.
type hop struct {
	server  *Server
	hot     *pb.Call // the call, if it came over the hot face
	body    *body
	until   time.Time
	leader  string       // the node that the call was last sent to
	waiting *waitingRead // nil: once it was sent to a leader, the call cannot go on at another one
}

// RoundTrip sends the call to the leader. It looks for a leader until one accepts the connection or
// time is over.
func (h *hop) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body = unclosed{h.body} // http.Transport closes the body even if there was no connection
	}
	cluster := h.server.cfg.Cluster
	for {
		if cluster.IsLeader() {
			h.waiting.shorten(h.waiting.origin())
			return nil, errLeadsNow
		}
		id, address, ok := cluster.Leader()
		err := error(wire.New("no_leader", fmt.Sprintf("node %s knows no leader, and heard of none for %s", h.server.cfg.Node, h.server.cfg.Limits.LeaderWait)))
		if lost := cluster.Quorum(); lost != nil && !ok {
			return nil, lost // waiting is useless
		}
		if ok && address != "" && id != h.server.cfg.Node {
			h.leader = id
			var resp *http.Response
			if r.URL.Scheme, r.URL.Host, err = h.server.leaderURL(address); err == nil {
				resp, err = h.sendTo(r, id)
			}
			switch again := !h.body.started && h.waiting.leaderGone(r.Context(), resp, err); {
			case again:
				h.until = h.waiting.failed.Add(h.server.cfg.Limits.LeaderWait)
				if time.Now().Add(repollAfter).After(h.until) {
					return resp, err
				}
				if resp != nil {
					resp.Body.Close()
					err = wire.New("unavailable", "the leader "+id+" could not go on")
				}
				time.Sleep(repollAfter - leaderRetry)
				h.waiting.shorten(r)
			case err == nil || h.body.started || !dialFailed(err):
				return resp, err
			}
		}
		if time.Now().Add(leaderRetry).After(h.until) {
			return nil, err
		}
		select {
		case <-time.After(leaderRetry):
		case <-r.Context().Done():
			return nil, err
		case <-h.server.closing.Done():
			return nil, wire.New("unavailable", "this node is shutting down")
		}
	}
}

// sendTo sends the call to one node. The answer may be read as long as the call lasts.
func (h *hop) sendTo(r *http.Request, id string) (*http.Response, error) {
	ctx, depose := context.WithCancelCause(r.Context())
	context.AfterFunc(r.Context(), func() { depose(nil) })
	if h.waiting != nil {
		h.waiting.begun = time.Now()
	}
	seen := h.watchLeader(id, depose)
	resp, err := h.server.toLeader(r.WithContext(ctx), h)
	seen()
	if err != nil {
		depose(nil)
	}
	return resp, err
}

// watchLeader ends the call when the called node has been succeeded, or when nobody has led for as
// long as a call waits for a leader. Without it, a call to a machine that lost power, and therefore
// resets no connection, would wait for its full time. It returns a function that stops watching.
func (h *hop) watchLeader(id string, depose context.CancelCauseFunc) (stop func()) {
	led := time.Now() // when the node was last known to lead
	over := make(chan struct{})
	var look func()
	look = func() {
		select {
		case <-over:
			return
		default:
		}
		now, _, ok := h.server.cfg.Cluster.Leader()
		switch since := time.Since(led); {
		case ok && now == id:
			led = time.Now()
		case ok && since >= lastWords, since >= h.server.cfg.Limits.LeaderWait:
			depose(errDeposed)
			return
		}
		time.AfterFunc(leaderCheck, look)
	}
	first := time.AfterFunc(leaderCheck, look)
	return func() {
		close(over)
		first.Stop()
	}
}

// leaderURL returns how to reach a node at its advertised address. It ignores a scheme in the
// address: otherwise, whoever announced the address could make a node of a TLS cluster send its
// callers' tokens in the clear.
func (s *Server) leaderURL(address string) (scheme, host string, err error) {
	if _, _, err := net.SplitHostPort(address); err != nil || strings.ContainsAny(address, "/@?#") {
		return "", "", wire.New("no_leader", fmt.Sprintf("the leader's address %q is not host:port", clip(address)))
	}
	if s.cfg.TLS != nil {
		return "https", address, nil
	}
	return "http", address, nil
}

// unclosed is a body that stays usable after a failed attempt.
type unclosed struct{ *body }

// Close does nothing: the server closes the body after the call.
func (unclosed) Close() error { return nil }

// dialFailed reports whether no connection was established, so that nothing can have arrived.
func dialFailed(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	return certificateRefused(err)
}

func certificateRefused(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}
