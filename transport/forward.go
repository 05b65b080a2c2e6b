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

	"aion.dev/aion/transport/wire"
)

const (
	lookAgain   = 20 * time.Millisecond // between looks for a leader
	dialTimeout = 2 * time.Second
	lookAfter   = 500 * time.Millisecond // between looks whether the node that was asked still leads
	lastWords   = time.Second            // for a node that leads no more to say what it knows of a call
)

// errHere ends a forward because this node came to lead.
var errHere = errors.New("this node leads now")

// errDeposed ends one to a node that leads no more and has not said what became of the call: it is
// frozen or cut off.
var errDeposed = errors.New("it does not lead any more")

func newLeaderTransport(cfg Config) *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}
	return &http.Transport{
		DialContext: dialer.DialContext,
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			d := tls.Dialer{NetDialer: dialer}
			if cfg.LeaderTLS != nil {
				d.Config = cfg.LeaderTLS() // as the files are now
			}
			ctx, cancel := context.WithTimeout(ctx, dialTimeout+5*time.Second)
			defer cancel()
			return d.DialContext(ctx, network, address)
		},
		MaxConnsPerHost:     cfg.Limits.Connections,
		MaxIdleConnsPerHost: 1024,             // fewer than are under way in a flood would be dialed anew again and again
		IdleConnTimeout:     10 * time.Second, // what a flood has opened closes soon
		DisableCompression:  true,
	}
}

// forward passes a call of a route that only the leader serves on to it, and the answer back, both
// unchanged and unbuffered. It makes one hop: a call that was passed on already is refused with
// no_leader. While there is no leader, or the one known cannot be reached, it waits and looks
// again, for as long as nothing of the body has been sent. It reports true, with nothing written,
// when this node came to lead meanwhile and serves the call itself.
func (s *Server) forward(x *exchange) (here bool) {
	if forwarded(x.r) {
		writeProblem(x.w, wire.New("no_leader", fmt.Sprintf("node %s passed the call on, but node %s does not lead", clip(x.r.Header.Get(wire.HeaderForwarded)), s.cfg.Node)))
		return false
	}
	ctx, cancel := context.WithTimeout(x.r.Context(), s.cfg.Limits.LeaderWait+x.time()+dialTimeout) // the leader itself gives up before
	defer cancel()
	if !x.route.write || x.route.waits { // what waits must not hold up the end of this node; the client asks another one
		defer context.AfterFunc(s.closing, cancel)()
	}
	hop := &hop{server: s, body: x.r.Body.(*body), until: time.Now().Add(s.cfg.Limits.LeaderWait)}
	if !x.route.write {
		hop.look = lookOf(x.r)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL.Scheme, p.Out.URL.Host = "http", "leader" // hop knows where
			// The leader does not know the names that this node goes by, and this node has judged
			// where the page came from that makes the call.
			p.Out.Host = ""
			p.Out.Header.Del("Origin")
			p.Out.Header.Del("Sec-Fetch-Site")
			if id, given := p.Out.Header[wire.HeaderRequestID]; given {
				delete(p.Out.Header, wire.HeaderRequestID)
				p.Out.Header[wire.RequestIDKey] = id
			}
			p.Out.Header.Del("X-Idempotency-Key") // which http.Transport takes for the same; we have no use for it
			p.Out.Header.Set(wire.HeaderForwarded, s.cfg.Node)
			if len(s.tokens) == 0 {
				p.Out.Header.Set(wire.HeaderActor, x.caller.name)
			}
		},
		Transport:      hop,
		FlushInterval:  -1,
		ErrorLog:       s.log.StandardLogger(nil),
		ModifyResponse: func(r *http.Response) error { x.w.Header().Del(wire.HeaderNode); return nil }, // the leader's own stays
		ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, err error) {
			if here = errors.Is(err, errHere); !here {
				writeProblem(x.w, s.hopProblem(x, hop, err))
			}
		},
	}
	proxy.ServeHTTP(x.w, x.r.WithContext(ctx))
	return here
}

// hopProblem says what a hop without an answer means.
func (s *Server) hopProblem(x *exchange, h *hop, err error) *wire.Problem {
	if refusal, ok := errors.AsType[wire.Refusal](err); ok { // an archive was too large: the leader cannot have taken it as whole
		return wire.Of(refusal)
	}
	if p, ok := errors.AsType[*wire.Problem](err); ok { // so may any other body have been
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

// hop is the way to the leader for one call.
type hop struct {
	server *Server
	body   *body
	until  time.Time
	leader string // the node that the call was last sent to
	look   *look  // nil: the call does not go on at another leader once it was sent to one
}

// RoundTrip sends the call to whoever leads, looking again until somebody takes the connection or
// time is over.
func (h *hop) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body = unclosed{h.body} // http.Transport closes bodies also when no connection came about
	}
	cluster := h.server.cfg.Cluster
	for {
		if cluster.IsLeader() {
			h.look.shorten(h.look.origin())
			return nil, errHere
		}
		id, address, ok := cluster.Leader()
		err := error(wire.New("no_leader", fmt.Sprintf("node %s knows no leader, and heard of none for %s", h.server.cfg.Node, h.server.cfg.Limits.LeaderWait)))
		if lost := cluster.Quorum(); lost != nil && !ok {
			return nil, lost // to wait is no use
		}
		if ok && address != "" && id != h.server.cfg.Node {
			h.leader = id
			var resp *http.Response
			if r.URL.Scheme, r.URL.Host, err = h.server.leaderURL(address); err == nil {
				resp, err = h.ask(r, id)
			}
			switch again := !h.body.touched && h.look.again(r.Context(), resp, err); {
			case again:
				h.until = h.look.failed.Add(h.server.cfg.Limits.LeaderWait)
				if time.Now().Add(lookPolled).After(h.until) {
					return resp, err
				}
				if resp != nil {
					resp.Body.Close()
					err = wire.New("unavailable", "the leader "+id+" could not go on")
				}
				time.Sleep(lookPolled - lookAgain)
				h.look.shorten(r)
			case err == nil || h.body.touched || !dialFailed(err):
				return resp, err
			}
		}
		if time.Now().Add(lookAgain).After(h.until) {
			return nil, err
		}
		select {
		case <-time.After(lookAgain):
		case <-r.Context().Done():
			return nil, err
		case <-h.server.closing.Done():
			return nil, wire.New("unavailable", "this node is shutting down")
		}
	}
}

// ask sends the call to one node. The answer may be read for as long as the call lasts.
func (h *hop) ask(r *http.Request, id string) (*http.Response, error) {
	ctx, depose := context.WithCancelCause(r.Context())
	context.AfterFunc(r.Context(), func() { depose(nil) })
	if h.look != nil {
		h.look.begun = time.Now()
	}
	seen := h.watch(id, depose)
	resp, err := h.server.leader.RoundTrip(r.WithContext(ctx))
	seen()
	if err != nil {
		depose(nil)
	}
	return resp, err
}

// watch ends the call when the node that was asked has been succeeded, or nobody has led for as
// long as a call waits for a leader. Without it a call that was under way to a machine that lost
// its power, and resets no connection, would wait for its whole time. It returns how to stop
// watching.
func (h *hop) watch(id string, depose context.CancelCauseFunc) (stop func()) {
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
		time.AfterFunc(lookAfter, look)
	}
	first := time.AfterFunc(lookAfter, look)
	return func() {
		close(over)
		first.Stop()
	}
}

// leaderURL says how to reach a node at its advertised address. A scheme in it is not obeyed: it
// would make a node of a cluster with TLS send its callers' tokens in the clear to whoever
// announced it.
func (s *Server) leaderURL(address string) (scheme, host string, err error) {
	if _, _, err := net.SplitHostPort(address); err != nil || strings.ContainsAny(address, "/@?#") {
		return "", "", wire.New("no_leader", fmt.Sprintf("the leader's address %q is no host:port", clip(address)))
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

// dialFailed reports whether no connection came about, so that nothing can have arrived.
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
