package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/transport/wire"
)

// exchange is one call under way: what the gate settled before its handler runs. One goroutine owns it.
type exchange struct {
	server *Server
	route  *route
	caller caller
	w      http.ResponseWriter
	r      *http.Request // its Body is bounded by the route's limit
	sent   []byte        // the body, once it was read
}

type exchangeKey struct{}

// exchangeOf returns the call that ctx belongs to; nil outside of one.
func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// body is a request's body, within the limit and the time that its route gives it. It fails with a refusal that names the limit.
type body struct {
	io.ReadCloser
	left, limit int64
	refusal     func(limit int64) error
	touched     bool   // something was read: the call cannot be sent elsewhere any more
	whole       func() // called at its end
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (n int, err error) {
	b.touched = true
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err = b.ReadCloser.Read(p)
	if int64(n) > b.left {
		n, err = 0, b.refusal(b.limit)
	}
	b.left -= int64(n)
	if err == io.EOF && b.whole != nil {
		b.whole()
	}
	return n, err
}

// bound puts the route's limits on the request's body.
func (x *exchange) bound() {
	refusal := func(limit int64) error { return invalid("body", "has more than %d bytes", limit) }
	if x.route.limit == 0 {
		refusal = func(int64) error {
			return invalid("body", "must be empty: %s %s takes none", x.route.method, x.route.path)
		}
	}
	if x.route.archive {
		refusal = func(limit int64) error {
			return &catalog.PackageTooLarge{What: "archive_bytes", Limit: limit, Size: max(limit+1, x.r.ContentLength)}
		}
	}
	x.r.Body = &body{ReadCloser: x.r.Body, left: x.route.limit, limit: x.route.limit, refusal: refusal, whole: connectionOf(x.r).prove}
}

// time is how long the call may take in the engine, or at the leader.
func (x *exchange) time() time.Duration {
	switch {
	case x.route.slow:
		return loadTimeout + x.server.arrival(x.r)
	case x.waits():
		return wire.MaxWait + callTimeout + x.server.arrival(x.r)
	}
	return callTimeout + x.server.arrival(x.r)
}

// waits reports whether the call may ask to wait.
func (x *exchange) waits() bool {
	return x.route.waits || strings.Contains(x.r.URL.RawQuery, "wait=")
}

// readBody reads the whole body, once.
func (x *exchange) readBody() ([]byte, error) {
	b := x.r.Body.(*body)
	if x.r.ContentLength > b.limit {
		return nil, b.refusal(b.limit)
	}
	var buf bytes.Buffer
	buf.Grow(int(min(max(x.r.ContentLength, 0), 1<<20)) + bytes.MinRead) // more only as it arrives: a length is only a claim
	if _, err := buf.ReadFrom(b); err != nil {
		if _, ok := errors.AsType[wire.Refusal](err); ok {
			return nil, err
		}
		return nil, invalid("body", "did not arrive whole: %v", err)
	}
	return buf.Bytes(), nil
}
