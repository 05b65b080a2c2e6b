package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/history"
	"aion.dev/aion/fsm"
)

// horizon is how far a world's time goes.
const horizon = 200 * 365 * 24 * time.Hour

var errTooLong = errors.New("more than 200 years would pass")

// leasing bounds the wait for a task that is on offer: the desk may be about to hand it to nobody.
const leasing = 5 * time.Second

// settle returns when nothing is left to do now: no run needs a turn, no timer or schedule is due, and no activity is on offer. Activities are carried out here,
// one by one, when there is nothing else to do: so it does not depend on who is faster what a test sees.
func (w *world) settle() error {
	for {
		var index uint64
		var busy bool
		var queue string
		w.log.View(func(v fsm.View) {
			index = v.Index()
			if busy = w.busy(v); !busy {
				queue = w.offering(v)
			}
		})
		switch {
		case busy:
			if _, err := w.log.Wait(w.ctx, index); err != nil {
				return w.cause(err)
			}
		case queue != "":
			if err := w.work(queue); err != nil {
				return w.cause(err)
			}
		default:
			return w.cause(nil)
		}
	}
}

// busy reports whether the engine has something to do now.
func (w *world) busy(v fsm.View) bool {
	if ready, _ := v.Ready(fsm.ReadyCursor{}, 1); len(ready) > 0 {
		return true
	}
	next, any := clocks(v)
	return any && next <= w.log.Now()
}

// clocks tells when the first timer or schedule is due.
func clocks(v fsm.View) (first history.Time, any bool) {
	first, any = v.NextTimer()
	if next, scheduled := v.NextSchedule(); scheduled && (!any || next < first) {
		first, any = next, true
	}
	return first, any
}

// next tells when something will happen by itself in a world that has settled.
func (w *world) next() (at history.Time, any bool) {
	w.log.View(func(v fsm.View) { at, any = clocks(v) })
	return at, any
}

// offering returns a queue that holds a task, "" if none does.
func (w *world) offering(v fsm.View) string {
	activities := w.plan.archive.Manifest.Activities
	if len(activities) == 0 {
		return ""
	}
	const page = 100
	after := ""
	for {
		queues := v.Queues(after, page)
		for _, q := range queues {
			if at, any := v.Offered(q.Name, activities); any && at <= w.log.Now() {
				return q.Name
			}
			after = q.Name
		}
		if len(queues) < page {
			return ""
		}
	}
}

// work carries out one task of a queue with the test's stub.
func (w *world) work(queue string) error {
	tasks, _, err := w.Poll(w.ctx, engine.PollRequest{Queue: queue, Worker: "test", Activities: w.plan.archive.Manifest.Activities, Max: 1, Lease: engine.MaxLease}, leasing)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		output, failed, err := w.test.Perform(t.Activity, t.Input)
		if err != nil {
			return err
		}
		var replies []engine.TaskReply
		if failed != nil {
			replies, _, err = w.FailTasks(w.ctx, engine.Call{}, []engine.TaskResult{{Token: t.Token, Error: *failed}})
		} else {
			replies, _, err = w.CompleteTasks(w.ctx, engine.Call{}, []engine.TaskResult{{Token: t.Token, Output: output}})
		}
		if err != nil {
			return err
		}
		var lost *engine.LeaseLost
		for _, r := range replies {
			if r.Err != nil && !errors.As(r.Err, &lost) {
				return fmt.Errorf("what the stub of activity %q returns is refused: %w", t.Activity, r.Err)
			}
		}
	}
	return nil
}

// cause is why the test must end if it must, else err.
func (w *world) cause(err error) error {
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
	return err
}
