package load

import (
	"context"
	"sync"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
)

// requests are the calls of a workload whose outcome nobody knows yet, to be repeated once the cluster is healed.
type requests struct {
	mu   sync.Mutex
	open []request
}

type request struct {
	op   op.Op
	call func(context.Context, *client.Client, *op.Op) error
}

// do makes a call, and keeps it if its outcome is unknown. The process of o then goes on under a new number, which is returned.
func (q *requests) do(ctx context.Context, e *Env, o op.Op, call func(context.Context, *client.Client, *op.Op) error) (op.Op, int) {
	done := e.Call(ctx, o, call)
	if done.Outcome != op.Unknown {
		return done, o.Process
	}
	q.mu.Lock()
	q.open = append(q.open, request{o, call})
	q.mu.Unlock()
	return done, e.Record.Process()
}

// keep has a call repeated by settle that did not happen.
func (q *requests) keep(o op.Op, call func(context.Context, *client.Client, *op.Op) error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.open = append(q.open, request{o, call})
}

// settle repeats all of them until each has an outcome.
func (q *requests) settle(ctx context.Context, e *Env) error {
	return each(q.open, 16, func(_ int, r request) error {
		r.op.Process, r.op.Repeat = e.Record.Process(), true
		_, err := e.Insist(ctx, r.op, r.call)
		return err
	})
}
