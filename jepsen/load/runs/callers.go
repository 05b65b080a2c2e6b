package runs

import (
	"context"
	"math/rand/v2"
	"sync"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
)

// Caller is one of the callers of a workload: its calls do not overlap.
type Caller struct {
	I    int // from 0
	Rand *rand.Rand

	env      *load.Env
	requests *Requests
	process  int
}

// Callers lets the callers of a run call until ctx ends, as often as its rate says: turn makes the
// nth calls of one. The choices of each are those of a stream of its own, from stream on.
func (q *Requests) Callers(ctx context.Context, e *load.Env, stream uint64, turn func(c *Caller, n int)) {
	var all sync.WaitGroup
	for i := range e.Concurrency {
		all.Go(func() {
			c := &Caller{I: i, Rand: e.Rand(stream + uint64(i)), env: e, requests: q, process: e.Record.Process()}
			for n := 0; e.Pace(ctx); n++ {
				turn(c, n)
			}
		})
	}
	all.Wait()
}

// Do makes a call as the caller, through any node unless o names one.
func (c *Caller) Do(ctx context.Context, o op.Op, call func(context.Context, *client.Client, *op.Op) error) op.Op {
	if o.Process = c.process; o.Node == "" {
		o.Node = c.env.AnyNode(c.Rand)
	}
	o, c.process = c.requests.Do(ctx, c.env, o, call)
	return o
}
