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
	clients []*client.Client // one for each node, without retries of their own
}

// callTimeout bounds one attempt of a call; persistence bounds all attempts for one outcome.
const (
	callTimeout = 3 * time.Second
	persistence = 90 * time.Second
)

// run serves until ctx ends and all its tasks have been answered.
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
		backOff(ctx, try)
	}
	return nil
}

func (w *worker) any() *client.Client { return w.clients[rand.IntN(len(w.clients))] }

// attempt executes the task's order.
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
			os.Exit(1) // nobody would know what it did
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
		told := describeReply(a)
		write(Left, func(l *Line) { l.Code, l.OK = "returned "+told, told == "ok" })
		return
	}
	why := w.work(ctx, t, order, does, write)
	cancelled := why == "cancelled" // whoever is told to end says that it has
	if why != "" && !cancelled {
		left(why)
		return
	}
	var a *wire.TaskReplies
	failed := does == Fail || does == Fatal || cancelled
	if failed {
		f := wire.TaskFailure{Token: t.Token, Message: fmt.Sprintf("attempt %d fails as ordered", t.Attempt), Kind: does, Retryable: true}
		if cancelled {
			f.Message, f.Kind, f.Retryable = "it was cancelled", "cancelled", false
		}
		write(Effect, func(l *Line) { l.Failed, l.Code = true, f.Kind })
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

// work lasts as long as ordered, with heartbeats. If the attempt is over early, it returns why.
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
				return "lost" // other kinds continue and are refused at the end: that is how a late answer looks
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
		backOff(ctx, n)
	}
	return nil
}

// backOff waits between attempts, longer each time. Otherwise, while no node listens, every slot of
// every worker would make twenty connections a second, the links would look each of them up, and
// elections would suffer.
func backOff(ctx context.Context, tries int) { work(ctx, min(50*tries, 1000)+rand.IntN(50)) }

// describeReply describes an answer about one token in a word.
func describeReply(a *wire.TaskReplies) string {
	switch {
	case a == nil || len(a.Results) != 1:
		return "untold"
	case a.Results[0].OK:
		return "ok"
	}
	return a.Results[0].Code
}
