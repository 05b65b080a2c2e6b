// Package runs is shared by workloads that start runs and read each of them to its end: calls with
// unknown outcomes, patience with a healed cluster, and the events of a history as checkers read
// them. It judges nothing, and keeps nothing between runs of the suite. Begin with Requests and
// Conclude.
package runs

import (
	"context"
	"sync"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
)

// Requests are the calls of a workload with unknown outcomes, to be repeated once the cluster has
// healed.
type Requests struct {
	mu   sync.Mutex
	Open []Request
}

// Request is one such call, and how to make it.
type Request struct {
	Op   op.Op
	Call func(context.Context, *client.Client, *op.Op) error
}

// Do makes a call, and keeps it if its outcome is unknown. The process of o then continues under a
// new number, which is returned.
func (q *Requests) Do(ctx context.Context, e *load.Env, o op.Op, call func(context.Context, *client.Client, *op.Op) error) (op.Op, int) {
	done := e.Call(ctx, o, call)
	if done.Outcome != op.Unknown {
		return done, o.Process
	}
	q.mu.Lock()
	q.Open = append(q.Open, Request{o, call})
	q.mu.Unlock()
	return done, e.Record.Process()
}

// Keep makes Resolve repeat a call that did not happen.
func (q *Requests) Keep(o op.Op, call func(context.Context, *client.Client, *op.Op) error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.Open = append(q.Open, Request{o, call})
}

// Resolve repeats all of them until each has an outcome.
func (q *Requests) Resolve(ctx context.Context, e *load.Env) error {
	return load.Each(q.Open, 16, func(_ int, r Request) error {
		r.Op.Process, r.Op.Repeat = e.Record.Process(), true
		_, err := e.Insist(ctx, r.Op, r.Call)
		return err
	})
}
