package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"aion.dev/aion/transport/hot"
	"aion.dev/aion/transport/hot/pb"
	"aion.dev/aion/transport/wire"
	"google.golang.org/protobuf/proto"
)

// hotLeaders are the ways to the hot faces of nodes that have led. One stream to each carries the
// calls of all callers, and each call says who asks.
type hotLeaders struct {
	mu    sync.Mutex // guards paths
	paths map[string]*hotLeader
}

type hotLeader struct {
	hot.Path
	token atomic.Pointer[string] // of a caller who was let in here: a stream is opened with one while nodes cannot sign
}

// maxLeaders bounds the ways that are kept: addresses of nodes may change.
const maxLeaders = 16

// leaderPath returns the way to the hot face of the node at an address.
func (s *Server) leaderPath(address string) *hotLeader {
	l := &s.leaders
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.paths[address]; p != nil {
		return p
	}
	for other, p := range l.paths {
		if len(l.paths) >= maxLeaders {
			go p.Close()
			delete(l.paths, other)
		}
	}
	// After a change of the leader thousands of waiting calls come at once. Each would take a
	// connection to the new one if it did not wait for the link, and keep it while it waits there.
	p := &hotLeader{Path: hot.Path{Eager: true}}
	p.Target = hot.Target{Address: address, Dial: (&net.Dialer{Timeout: dialTimeout}).DialContext, Header: func() http.Header {
		h := http.Header{wire.HeaderForwarded: {s.cfg.Node}}
		if text, ok := s.introduceSelf(peerOpens); ok {
			h["Authorization"] = []string{text}
		} else if token := p.token.Load(); token != nil {
			h["Authorization"] = []string{*token}
		}
		return h
	}}
	if s.cfg.TLS != nil {
		p.Target.TLS = func() *tls.Config {
			if s.cfg.LeaderTLS == nil {
				return nil
			}
			return s.cfg.LeaderTLS()
		}
	}
	if l.paths == nil {
		l.paths = map[string]*hotLeader{}
	}
	l.paths[address] = p
	return p
}

func (l *hotLeaders) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.paths {
		p.Close()
	}
}

// toLeader sends a request to the leader: over the hot face if the call came over it and the leader
// has one, otherwise over HTTP.
func (s *Server) toLeader(r *http.Request, h *hop) (*http.Response, error) {
	if s.hot == nil || h.hot == nil || r.Header.Get(wire.HeaderNamespace) != "" { // a stream between nodes has no place for a namespace
		return s.leader.RoundTrip(r)
	}
	p := s.leaderPath(r.URL.Host)
	if token := r.Header.Get("Authorization"); token != "" && !strings.HasPrefix(token, identityScheme) {
		p.token.Store(&token)
	}
	if link, _ := p.Link(r.Context()); link != nil {
		resp, err := h.sendHot(r, link)
		if context.Cause(r.Context()) == errDeposed {
			p.Over(link) // it may lead nowhere
		}
		if err != hot.ErrOver {
			return resp, err
		}
		p.Over(link)
	}
	resp, err := s.leader.RoundTrip(r)
	if err == nil {
		p.Hear(resp)
	}
	return resp, err
}

// sendHot sends the call over a link. hot.ErrOver means that it was not sent.
func (h *hop) sendHot(r *http.Request, link *hot.Link) (*http.Response, error) {
	c := proto.CloneOf(h.hot) // the link sets its id
	c.Authorization, c.Actor = r.Header.Get("Authorization"), r.Header.Get(wire.HeaderActor)
	if c.Wait != "" {
		c.Wait = r.URL.Query().Get("wait") // what is left of it
	}
	a, err := link.Do(r.Context(), c)
	if err != hot.ErrOver && h.waiting == nil {
		h.body.started = true // a read that waits may go on elsewhere
	}
	if err != nil {
		return nil, err
	}
	return responseOf(r, a)
}

// responseOf returns an answer as one of HTTP.
func responseOf(r *http.Request, a *pb.Answer) (*http.Response, error) {
	resp := &http.Response{StatusCode: int(a.Status), Proto: "HTTP/2.0", ProtoMajor: 2, Request: r, Header: http.Header{wire.HeaderNode: {a.Node}}}
	body := a.Body
	if a.Problem != nil {
		var err error
		if body, err = json.Marshal(hot.ToProblem(a.Problem)); err != nil {
			return nil, err
		}
		resp.StatusCode = int(a.Problem.Status)
		resp.Header.Set("Content-Type", wire.ProblemType)
	}
	if a.Index > 0 {
		resp.Header.Set(wire.HeaderIndex, strconv.FormatUint(a.Index, 10))
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}
