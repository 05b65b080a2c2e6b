package client

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"unicode/utf8"

	"aion.dev/aion/transport/hot"
	"aion.dev/aion/transport/hot/pb"
	"aion.dev/aion/transport/wire"
)

// Face is a way to call nodes. They have two: HTTP, which has every call, and the hot face, which
// has those that programs make most, for less CPU on both sides. What calls mean is the same.
type Face string

// The faces. By default calls go over HTTP, until a node's answer says that it has a hot face.
// Then the client opens a stream to it beside, and once that is there, calls go over it as long as
// it lasts. Where no stream can be opened, for example because of a proxy, calls stay with HTTP.
const (
	FaceAuto Face = ""
	FaceHTTP Face = "http"
	FaceHot  Face = "hot" // no call that the hot face has goes over HTTP, unless its body is large
)

// errNotHot says that a call has to go over HTTP. It was not sent.
var errNotHot = errors.New("the call goes over HTTP")

// hotBody is the largest body that goes over the hot face.
const hotBody = hot.MaxCall - 64<<10

// openHotPaths makes a path for each address that may have one.
func (c *Client) openHotPaths(face Face) {
	c.hot = map[*url.URL]*hot.Path{}
	transport := c.http.Transport.(*http.Transport)
	header := http.Header{}
	if c.token != "" {
		header.Set("Authorization", "Bearer "+c.token)
	}
	if c.space != "" {
		header.Set(wire.HeaderNamespace, c.space)
	}
	if c.actor != "" {
		header.Set(wire.HeaderActor, c.actor)
	}
	for _, base := range c.bases {
		if proxy, err := proxyFor(&http.Request{URL: base}); face == FaceHTTP || base.Path != "" || err != nil || proxy != nil {
			continue
		}
		target := hot.Target{Address: base.Host, Header: func() http.Header { return header }, Dial: transport.DialContext}
		if base.Port() == "" {
			target.Address = net.JoinHostPort(base.Hostname(), map[string]string{"http": "80", "https": "443"}[base.Scheme])
		}
		if base.Scheme == "https" {
			target.TLS = func() *tls.Config { return transport.TLSClientConfig }
		}
		c.hot[base] = &hot.Path{Target: target, Only: face == FaceHot}
	}
}

// attemptHot sends the call over the hot face. errNotHot means that it has to go over HTTP.
func (c *Client) attemptHot(ctx context.Context, base *url.URL, call *call) ([]byte, error) {
	p := c.hot[base]
	if p == nil || call.hot == 0 || len(call.body) > hotBody {
		return nil, errNotHot
	}
	for {
		link, err := p.Link(ctx)
		if err != nil {
			return nil, c.hotBroken(ctx, base, err, false)
		}
		if link == nil {
			return nil, errNotHot
		}
		m, ok := call.message()
		if !ok {
			return nil, errNotHot
		}
		if trace := httptrace.ContextClientTrace(ctx); trace != nil && trace.GotConn != nil {
			trace.GotConn(httptrace.GotConnInfo{Reused: true})
		}
		a, err := link.Do(ctx, m)
		switch {
		case err == hot.ErrOver:
			p.Over(link)
			if p.Only {
				continue
			}
			return nil, errNotHot
		case err != nil:
			if givenUp(ctx) != nil { // the node is silent: the next call must not wait for it on this stream
				p.Over(link)
			}
			return nil, c.hotBroken(ctx, base, err, true)
		case a.Problem != nil:
			return nil, hot.ToProblem(a.Problem)
		}
		return a.Body, nil
	}
}

// hotBroken returns the error of an attempt without an answer.
func (c *Client) hotBroken(ctx context.Context, base *url.URL, err error, sent bool) error {
	if silent := givenUp(ctx); silent != nil {
		return silent
	}
	if p := distrusted(base, err); p != nil {
		return &broken{cause: p, hopeless: true}
	}
	if p, ok := errors.AsType[*wire.Problem](err); ok { // the node did not let the stream in
		return p
	}
	if record, ok := errors.AsType[tls.RecordHeaderError](err); ok && !sent {
		return speaksPlainHTTP(base, errors.Join(record, http.ErrSchemeMismatch))
	}
	return &broken{sent: sent, cause: err}
}

// message returns the call as the hot face takes it; false if its texts are no UTF-8, which HTTP
// refuses with a reason.
func (c *call) message() (*pb.Call, bool) {
	m := &pb.Call{Operation: c.hot, Target: c.target, Name: c.name, RunId: c.query.Get("run_id"), Wait: c.query.Get("wait"), Body: c.body}
	if !c.mutation {
		m.Stale = c.stale
		if c.stale {
			m.MinIndex = c.minIndex
		}
	} else if c.requestID != "" {
		m.RequestId, m.Generated = c.requestID, c.generated
	}
	return m, utf8.ValidString(m.Target) && utf8.ValidString(m.Name) && utf8.ValidString(m.RunId)
}
