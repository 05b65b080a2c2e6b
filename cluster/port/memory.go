package port

import (
	"context"
	"net/http"
)

// Memory bounds what a node's calls hold together, those of its users and those of other nodes.
type Memory interface {
	// Take returns nil once there are n bytes, or soon an error that says what they are all taken
	// by.
	Take(ctx context.Context, n int64) error
	// Give gives back what was taken.
	Give(n int64)
}

// smallCall is how long the body of a call may be that nobody accounts for.
const smallCall = 4 << 10

// room takes memory for the body of a call, as long as it says it is. Small ones need none: a node
// that is short of memory must hear what the others say of themselves.
func (p *Port) room(r *http.Request) (give func(), err error) {
	n := min(r.ContentLength, MaxCallBytes)
	if n < 0 {
		n = MaxCallBytes
	}
	if p.cfg.Memory == nil || n <= smallCall {
		return func() {}, nil
	}
	if err := p.cfg.Memory.Take(r.Context(), n); err != nil {
		return nil, err
	}
	return func() { p.cfg.Memory.Give(n) }, nil
}
