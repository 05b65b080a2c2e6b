package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport/hot/pb"
	"aion.dev/aion/transport/wire"
)

// exchange is one call in progress, with what the gate determined before its handler runs. One
// goroutine owns it.
type exchange struct {
	server         *Server
	route          *route
	caller         caller
	space          string     // namespace of the call, as package namespace has it; empty = default
	since          uint64     // index of the entry that created it; 0 for default
	only           *fsm.Scope // what the call may touch, as far as the state must tell; nil = everything
	w              http.ResponseWriter
	r              *http.Request // its Body is body
	hot            *pb.Call      // if the call came over the hot face, where r is made up
	body           body
	query          url.Values // of the address, as the gate has checked it
	bodyBytes      []byte     // the body, after it was read
	reserved       int64      // held from the memory for calls
	reservedAnswer int64      // the part of it that is for the answer
}

type exchangeKey struct{}

// exchangeOf returns the call that ctx belongs to; nil outside a call.
func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// body is a request's body, within the size and the time that its route allows. It fails with a
// refusal that names the limit.
type body struct {
	io.ReadCloser
	x       *exchange
	left    int64
	started bool   // some of it was read: the call can no longer be sent elsewhere
	head    []byte // its beginning, for the audit log; full when its capacity is used

	deadline func() // called before each read; nil = the call has one deadline
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (n int, err error) {
	b.started = true
	if b.deadline != nil {
		b.deadline()
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err = b.ReadCloser.Read(p)
	if int64(n) > b.left {
		n, err = 0, b.x.tooLarge()
	}
	b.left -= int64(n)
	if b.x.hot == nil {
		b.x.caller.quota.spend(n)
	}
	if room := min(cap(b.head)-len(b.head), n); room > 0 {
		b.head = append(b.head, p[:room]...)
	}
	if err == io.EOF {
		connectionOf(b.x.r).markProven()
	}
	return n, err
}

// bound applies the route's limits to the request's body.
func (x *exchange) bound() {
	x.body = body{ReadCloser: x.r.Body, x: x, left: x.route.limit}
	if x.route.upload {
		x.beginUpload()
	}
	if x.hot == nil && !x.route.archive && !x.route.upload && x.server.deserves(&x.caller, x.route, x.r, 0) {
		x.body.head = make([]byte, 0, auditHead)
	}
	x.r.Body = &x.body
}

// tooLarge returns the refusal of the call's body, which is larger than its route allows.
func (x *exchange) tooLarge() error {
	switch limit := x.route.limit; {
	case limit == 0:
		return invalid("body", "must be empty: %s %s accepts none", x.route.method, x.route.path)
	case x.route.archive:
		return &catalog.PackageTooLarge{What: "archive_bytes", Limit: limit, Size: max(limit+1, x.r.ContentLength)}
	default:
		return x.route.tooLarge(limit, x.r.ContentLength)
	}
}

// tooLarge returns the refusal of a body that is too large. size is what the caller claims, -1 = no
// claim.
func (r *route) tooLarge(limit, size int64) error {
	p := wire.New("body_too_large", fmt.Sprintf("body: has more than %d bytes", limit)).With("field", "body").With("limit", limit)
	if size > limit {
		p = wire.New("body_too_large", fmt.Sprintf("body: has %d bytes, and %d are allowed", size, limit)).With("field", "body").With("limit", limit).With("size", size)
	}
	switch {
	case r.payload:
		p = p.With("setting", "limits.payload_bytes")
	case r.upload:
		p = p.With("setting", "backup.restore_bytes")
	}
	return p
}

// oversize rejects a body that claims to be too large, before anything waits for it. Nothing reads
// the body of a read that takes none, so one that does not say its length is read here.
func (x *exchange) oversize() error {
	if x.r.ContentLength > x.route.limit {
		return x.tooLarge()
	}
	if x.route.limit == 0 && !x.route.write && x.r.ContentLength < 0 {
		_, err := x.readBody()
		x.body.started = false // it had nothing, and may go on elsewhere
		return err
	}
	return nil
}

// time returns how long the call may take in the engine, or at the leader.
func (x *exchange) time() time.Duration {
	switch {
	case x.route.upload:
		return uploadTimeout
	case x.route.slow:
		return loadTimeout + x.server.arrival(x.r)
	case x.waits():
		return wire.MaxWait + callTimeout + x.server.arrival(x.r)
	}
	return callTimeout + x.server.arrival(x.r)
}

// pathQueue is the queue in the path of the call.
func (x *exchange) pathQueue() string {
	if x.hot != nil {
		return x.hot.Target
	}
	return x.r.PathValue("queue")
}

// waits reports whether the call may ask to wait.
func (x *exchange) waits() bool {
	return x.route.waits || strings.Contains(x.r.URL.RawQuery, "wait=")
}

// readBody reads the whole body, once. It reserves memory as the body arrives, because a length is
// only a claim.
func (x *exchange) readBody() ([]byte, error) {
	if x.r.ContentLength > x.route.limit {
		return nil, x.tooLarge()
	}
	most := x.route.limit + 1
	if x.r.ContentLength >= 0 {
		most = x.r.ContentLength + 1
	}
	var got []byte
	for size := min(most, firstRead); ; size = min(2*size, most) {
		if err := x.reserveBody(size); err != nil {
			return nil, err
		}
		got = append(make([]byte, 0, size), got...)
		for len(got) < cap(got) {
			n, err := x.body.Read(got[len(got):cap(got)])
			switch got = got[:len(got)+n]; {
			case err == io.EOF:
				return got, nil
			case err != nil:
				return nil, unread(err)
			}
		}
		if size == most { // one byte more than allowed: the reader reports that
			_, err := io.Copy(io.Discard, &x.body)
			return got, unread(err)
		}
	}
}

// firstRead is how much memory a body gets before any of it has arrived.
const firstRead = 16 << 10

// unread explains why a body was not read. The network's own error is omitted, because it names
// this node's sockets.
func unread(err error) error {
	if _, ok := errors.AsType[wire.Refusal](err); ok || err == nil {
		return err
	}
	if _, ok := errors.AsType[*wire.Problem](err); ok {
		return err
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return invalid("body", "did not arrive in time")
	}
	return invalid("body", "did not arrive whole")
}
