package port

import (
	"context"
	"errors"
	"io"
	"syscall"
)

// Gone reports whether no process answers at a node's address: the connection is refused, or ends
// before a word was said, as behind a proxy. A false answer proves nothing: a node that is frozen
// or cut off is silent, and so is one that is too busy.
func (p *Port) Gone(ctx context.Context, node Server) bool {
	c, err := p.dial(ctx, node, streamHTTP)
	if err == nil {
		c.Close()
		return false
	}
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF)
}

// Parted receives the id of a node whose connection for raft to this one has ended. It leaves out
// some when many end at once.
func (n *RaftNetwork) Parted() <-chan string { return n.parted }

// part says that a node's connection has ended.
func (n *RaftNetwork) part(id string) {
	select {
	case n.parted <- id:
	default:
	}
}
