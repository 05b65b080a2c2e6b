package enginetest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm/history"
)

// Handler carries out an attempt. A *history.RunError describes its failure; any other error is a
// retryable failure of kind "failed". ctx ends with the worker.
type Handler func(ctx context.Context, task engine.WorkerTask) (output string, err error)

// Worker polls one queue and reports what its handlers return, across leader changes and restarts
// of the engine. It takes as many tasks as there are, each in a goroutine of its own, and sends no
// heartbeats.
type Worker struct {
	Name  string
	Queue string
	Lease time.Duration // 0 = the engine's default
	Max   int           // tasks of one poll

	node     *Node
	handlers map[string]Handler
	cancel   context.CancelFunc
	running  sync.WaitGroup
	lost     atomic.Int64
}

// retryAfter is how long a worker waits after a failed call.
const retryAfter = 10 * time.Millisecond

// Work starts a worker for the activities in handlers. It works until the test ends or until it is
// stopped. configure changes it first.
func (n *Node) Work(queue string, handlers map[string]Handler, configure ...func(*Worker)) *Worker {
	w := &Worker{Name: "w1", Queue: queue, Max: 100, node: n, handlers: handlers}
	for _, c := range configure {
		c(w)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	w.running.Go(func() { w.poll(ctx) })
	n.t.Cleanup(w.Stop)
	return w
}

// Stop kills the worker: it neither completes nor gives back its tasks. Stop returns when all its
// goroutines have ended.
func (w *Worker) Stop() {
	w.cancel()
	w.running.Wait()
}

// Lost counts reports that came too late.
func (w *Worker) Lost() int { return int(w.lost.Load()) }

func (w *Worker) poll(ctx context.Context) {
	request := engine.PollRequest{Queue: w.Queue, Worker: w.Name, Activities: slices.Sorted(maps.Keys(w.handlers)), Max: w.Max, Lease: w.Lease}
	for ctx.Err() == nil {
		e := w.node.serves.Load()
		call, hangUp := e.call(ctx)
		tasks, _, err := e.Poll(call, request, engine.MaxWait)
		hangUp()
		if err != nil || e.over.Err() != nil {
			w.wait(ctx)
		}
		for _, t := range tasks {
			w.running.Go(func() { w.carryOut(ctx, t) })
		}
	}
}

// carryOut carries out one attempt, and reports it until the report arrives.
func (w *Worker) carryOut(ctx context.Context, t engine.WorkerTask) {
	output, err := w.handlers[t.Activity](ctx, t)
	for ctx.Err() == nil {
		var replies []engine.TaskReply
		var unheard error
		e := w.node.serves.Load()
		call, hangUp := e.call(ctx)
		if err == nil {
			replies, _, unheard = e.CompleteTasks(call, engine.Call{}, []engine.TaskResult{{Token: t.Token, Output: history.Payload(output)}})
		} else {
			replies, _, unheard = e.FailTasks(call, engine.Call{}, []engine.TaskResult{{Token: t.Token, Error: failure(err)}})
		}
		hangUp()
		if unheard == nil {
			if CodeOf(replies[0].Err) == "lease_lost" {
				w.lost.Add(1)
			} else if replies[0].Err != nil {
				w.node.t.Errorf("answer of %s: %v", t.Activity, replies[0].Err)
			}
			return
		}
		w.wait(ctx)
	}
}

func failure(err error) history.RunError {
	if e, ok := errors.AsType[*history.RunError](err); ok {
		return *e
	}
	return history.RunError{Kind: history.KindFailed, Message: err.Error(), Retryable: true}
}

func (w *Worker) wait(ctx context.Context) {
	timer := time.NewTimer(retryAfter)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
