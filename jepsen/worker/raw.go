package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// worker speaks the protocol of tasks by hand.
type worker struct {
	cfg     Config
	ledger  *ledger
	clients []*client.Client // one for each node, without patience of their own
}

// callTimeout bounds one try of a call; persistence bounds all tries of one outcome.
const (
	callTimeout = 3 * time.Second
	persistence = 90 * time.Second
)

// run serves until ctx ends and everything in hand has been answered.
func (w *worker) run(ctx context.Context) error {
	var slots sync.WaitGroup
	for range w.cfg.Slots {
		slots.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				for _, t := range w.poll(ctx) {
					w.attempt(ctx, t)
				}
			}
		})
	}
	slots.Wait()
	return nil
}

// poll asks for one task, through one node after another under one request id until it is answered.
func (w *worker) poll(ctx context.Context) []wire.Task {
	key := client.RequestID(client.NewRequestID())
	r := wire.PollRequest{WorkerID: w.cfg.Name, Activities: w.cfg.Activities, MaxTasks: 1, Wait: "1s", Lease: w.cfg.Lease.String()}
	for try := 1; ctx.Err() == nil; try++ {
		call, cancel := context.WithTimeout(ctx, time.Second+callTimeout)
		a, err := w.any().Poll(call, w.cfg.Queue, r, key)
		cancel()
		if err == nil {
			return a.Tasks
		}
		rest(ctx, try)
	}
	return nil
}

func (w *worker) any() *client.Client { return w.clients[rand.IntN(len(w.clients))] }

// attempt does as ordered.
func (w *worker) attempt(ctx context.Context, t wire.Task) {
	line := Line{Workflow: t.WorkflowID, Run: t.RunID, Step: t.ActivityID, Attempt: t.Attempt}
	write := func(e string, change func(l *Line)) {
		l := line
		l.E = e
		if change != nil {
			change(&l)
		}
		if err := w.ledger.write(l); err != nil {
			fmt.Fprintln(os.Stderr, "worker: ledger:", err)
			os.Exit(1) // what it did would be unknown
		}
	}
	left := func(why string) { write(Left, func(l *Line) { l.Code = why }) }
	write(Took, func(l *Line) { l.Value = t.Details })
	var order Order
	if err := json.Unmarshal(t.Input, &order); err != nil {
		left(err.Error())
		return
	}
	does := order.Of(t.Attempt)
	switch does {
	case Drop:
		left("dropped")
		return
	case Return:
		a := w.insist(ctx, func(ctx context.Context, c *client.Client, key client.Option) (*wire.TaskReplies, error) {
			return c.ReleaseTasks(ctx, wire.HeartbeatRequest{Tokens: []wire.TaskBeat{{Token: t.Token}}}, key)
		})
		told := said(a)
		write(Left, func(l *Line) { l.Code, l.OK = "returned "+told, told == "ok" })
		return
	}
	if why := w.work(ctx, t, order, does, write); why != "" {
		left(why)
		return
	}
	var a *wire.TaskReplies
	failed := does == Fail || does == Fatal
	if failed {
		f := wire.TaskFailure{Token: t.Token, Message: fmt.Sprintf("attempt %d fails as ordered", t.Attempt), Kind: does, Retryable: true}
		write(Effect, func(l *Line) { l.Failed, l.Code = true, does })
		a = w.insist(ctx, func(ctx context.Context, c *client.Client, key client.Option) (*wire.TaskReplies, error) {
			return c.FailTasks(ctx, wire.FailRequest{Results: []wire.TaskFailure{f}}, key)
		})
	} else {
		out, _ := json.Marshal(Output{Run: t.RunID, Step: t.ActivityID, Attempt: t.Attempt, Tag: order.Tag, Worker: w.cfg.Name, Pid: os.Getpid()})
		write(Effect, func(l *Line) { l.Value = out })
		a = w.insist(ctx, func(ctx context.Context, c *client.Client, key client.Option) (*wire.TaskReplies, error) {
			return c.CompleteTasks(ctx, wire.CompleteRequest{Results: []wire.TaskCompletion{{Token: t.Token, Output: out}}}, key)
		})
	}
	if a == nil || len(a.Results) != 1 {
		left("untold")
		return
	}
	write(Told, func(l *Line) { l.Failed, l.OK, l.Code, l.Index = failed, a.Results[0].OK, a.Results[0].Code, a.Index })
}

// work lasts as long as ordered, with heartbeats. It returns why the attempt is over before its
// end, if it is.
func (w *worker) work(ctx context.Context, t wire.Task, order Order, does string, write func(string, func(*Line))) string {
	until := time.Now().Add(time.Duration(order.Work) * time.Millisecond)
	if order.Beat == 0 || does == Late {
		work(context.WithoutCancel(ctx), order.Work)
		return ""
	}
	for n := 1; does == Linger || time.Until(until) > 0; n++ {
		if ctx.Err() != nil && does == Linger {
			return "stopped"
		}
		details, _ := json.Marshal(Progress{t.Attempt, n})
		write(Beat, func(l *Line) { l.Value = details })
		call, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
		a, err := w.any().HeartbeatTasks(call, wire.HeartbeatRequest{Tokens: []wire.TaskBeat{{Token: t.Token, Details: details}}})
		cancel()
		if err == nil && len(a.Results) == 1 {
			r := a.Results[0]
			cancelled := r.CancelRequested != nil && *r.CancelRequested
			write(Beaten, func(l *Line) { l.Value, l.OK, l.Cancel, l.Code, l.Index = details, r.OK, cancelled, r.Code, a.Index })
			if cancelled {
				return "cancelled"
			}
			if !r.OK && does == Linger {
				return "lost" // others go on and are refused in the end: that is what a late answer looks like
			}
		}
		work(context.WithoutCancel(ctx), order.Beat)
	}
	return ""
}

// insist repeats a call under one request id until it has an answer; nil = it got none.
func (w *worker) insist(ctx context.Context, call func(ctx context.Context, c *client.Client, key client.Option) (*wire.TaskReplies, error)) *wire.TaskReplies {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), persistence)
	defer cancel()
	key := client.RequestID(client.NewRequestID())
	for n := 1; ctx.Err() == nil; n++ {
		try, cancel := context.WithTimeout(ctx, callTimeout)
		a, err := call(try, w.any(), key)
		cancel()
		if err == nil {
			return a
		}
		rest(ctx, n)
	}
	return nil
}

// rest waits between tries, longer each time: while nobody listens, every slot of every worker
// would otherwise make twenty connections a second, each of which the links must look up, and
// elections would wait for them.
func rest(ctx context.Context, tries int) { work(ctx, min(50*tries, 1000)+rand.IntN(50)) }

// said tells an answer about one token in a word.
func said(a *wire.TaskReplies) string {
	switch {
	case a == nil || len(a.Results) != 1:
		return "untold"
	case a.Results[0].OK:
		return "ok"
	}
	return a.Results[0].Code
}
