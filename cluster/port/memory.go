package port

import (
	"context"
	"net/http"
)

// Memory bounds what a node's calls hold together, those of its users and those of other nodes.
type Memory interface {
	// Take returns nil once n bytes are reserved, or after a short time an error that says what
	// holds the memory.
	Take(ctx context.Context, n int64) error
	// Give returns n bytes.
	Give(n int64)
}

// smallCall is the largest body that is not accounted for.
const smallCall = 4 << 10

// reserveBody reserves memory for the declared length of a call's body. Small bodies need no
// reservation: a node that is short of memory must still hear the others' greetings.
func (p *Port) reserveBody(r *http.Request) (give func(), err error) {
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
