package load

import (
	"context"
	"time"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// InsistAgain repeats operations of which the outcome is unknown until each has one.
func (e *Env) InsistAgain(ctx context.Context, unknown []op.Op, call func(ctx context.Context, c *client.Client, o *op.Op) error) error {
	return Each(unknown, 16, func(_ int, o op.Op) error {
		_, err := e.Insist(ctx, e.Repeated(o), call)
		return err
	})
}

// Ended is the call of an operation that reads the result of the run o.Key: it fails, to be made
// again, while that is open.
func Ended(ctx context.Context, c *client.Client, o *op.Op) error {
	a, err := c.Result(ctx, wire.RunRef{WorkflowID: o.Key}, 5*time.Second)
	if err == nil && wire.Open(a.Status) {
		return wire.New("unavailable", "the run is still "+a.Status)
	}
	return Told(o, a, err, func() wire.Answered { return wire.Answered{Indexed: a.Indexed} })
}
