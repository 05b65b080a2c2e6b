package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// horizon bounds how far a world's time may advance.
const horizon = 200 * 365 * 24 * time.Hour

var errTooLong = errors.New("more than 200 years would pass")

// leasing bounds the wait for an offered task: the desk may be about to give it to nobody.
const leasing = 5 * time.Second

// runUntilIdle returns when nothing is left to do now: no run needs a turn, no timer or schedule is
// due, and no activity is offered. It carries out activities itself, one by one, when there is
// nothing else to do, so what a test sees does not depend on races.
func (w *world) runUntilIdle() error {
	for {
		if _, err := w.Rest(w.ctx); err != nil {
			return w.cause(err)
		}
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
			if err := w.carryOutOne(queue); err != nil {
				return w.cause(err)
			}
		case w.disturb != nil:
			if did, err := w.disturb(); err != nil || !did {
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

// clocks returns when the first timer or schedule is due.
func clocks(v fsm.View) (first history.Time, any bool) {
	first, any = v.NextTimer()
	if next, scheduled := v.NextSchedule(); scheduled && (!any || next < first) {
		first, any = next, true
	}
	return first, any
}

// nextDue returns when something will happen by itself in a settled world.
func (w *world) nextDue() (at history.Time, any bool) {
	w.log.View(func(v fsm.View) { at, any = clocks(v) })
	return at, any
}

// offering returns a queue that offers a task, "" if none does. It checks queues that have held
// tasks before first, because listing all queues takes longer.
func (w *world) offering(v fsm.View) string {
	for _, name := range w.queues {
		if w.offers(v, name) {
			return name
		}
	}
	for after := ""; len(w.plan.archive.Manifest.Activities) > 0; {
		queues := v.Queues(after, page)
		for _, q := range queues {
			if after = q.Name; w.offers(v, q.Name) {
				w.queues = append(w.queues, q.Name)
				return q.Name
			}
		}
		if len(queues) < page {
			break
		}
	}
	return ""
}

func (w *world) offers(v fsm.View, queue string) bool {
	at, any := v.Offered(queue, w.plan.archive.Manifest.Activities)
	return any && at <= w.log.Now()
}

// maxHeld bounds how many stubs compute an outcome within each other: a stub that lets time pass
// while others are called.
const maxHeld = 1000

// carryOutOne carries out one task of a queue with the test's stub.
func (w *world) carryOutOne(queue string) error {
	if len(w.held) == maxHeld {
		return fmt.Errorf("%d activities are under way within each other: the stub of %q lets time pass, and it never comes to an end", maxHeld, w.held[maxHeld-1].Activity)
	}
	tasks, _, err := w.Poll(w.ctx, engine.PollRequest{Queue: queue, Worker: "test", Activities: w.plan.archive.Manifest.Activities, Max: 1, Lease: engine.MaxLease}, leasing)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		if err := w.carryOut(t); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) carryOut(t engine.WorkerTask) error {
	w.held = append(w.held, t)
	if w.disturb != nil {
		if did, err := w.disturb(); err != nil {
			return err
		} else if did {
			if err := w.runUntilIdle(); err != nil {
				return err
			}
		}
	}
	output, failed, err := w.test.Perform(t.Activity, t.Input)
	w.held = w.held[:len(w.held)-1]
	if err != nil {
		return err
	}
	var replies []engine.TaskReply
	if failed != nil {
		replies, _, err = w.FailTasks(w.ctx, engine.Call{}, []engine.TaskResult{{Token: t.Token, Error: *failed}})
	} else {
		replies, _, err = w.CompleteTasks(w.ctx, engine.Call{}, []engine.TaskResult{{Token: t.Token, Output: output}})
	}
	var lost *engine.LeaseLost // the workflow gave it up, or it timed out, while the stub let time pass
	if err == nil && replies[0].Err != nil && !errors.As(replies[0].Err, &lost) {
		err = fmt.Errorf("what the stub of activity %q returns is refused: %w", t.Activity, replies[0].Err)
	}
	return err
}

// advance lets time pass until a moment, or until the tasks being carried out need a heartbeat, as
// from a worker.
func (w *world) advance(until history.Time) error {
	beats := make([]engine.TaskResult, len(w.held))
	for i, t := range w.held {
		if beats[i].Token = t.Token; t.Lease > 0 {
			until = min(until, w.log.Now().Add(t.Lease.Std()-1)) // it was renewed now, or starts now
		}
	}
	w.log.Skip(until)
	if len(beats) == 0 {
		return nil
	}
	_, _, err := w.BeatTasks(w.ctx, engine.Call{}, beats) // tasks that were lost are noticed with their outcome
	return err
}

// cause returns why the test must end, if it must, otherwise err.
func (w *world) cause(err error) error {
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
	return err
}
