package worker_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aion.dev/aion/transport/worker"
)

// sleep returns a handler that sleeps, unless its context ends: then it returns the cause.
func sleep(d time.Duration) worker.Handler {
	return func(ctx context.Context, t worker.Task) (any, error) {
		if err := pass(ctx, d); err != nil {
			return nil, err
		}
		return t.Attempt, nil
	}
}

func pass(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// A handler may take much longer than the lease: the worker renews it, in one call for all held
// tasks.
func TestLeaseIsKept(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.work(worker.Config{Lease: 30 * time.Second}, handlers{"a": sleep(10 * time.Minute)})
		ref := w.step("def run(ctx, input):\n    return ctx.all([ctx.start_activity(\"a\") for _ in range(20)])[0]\n", "a")
		equal(t, "outcome", w.Outcome(ref), "completed 1")
		if n := w.line.count("heartbeat"); n < 50 || n > 80 {
			t.Errorf("%d heartbeats in 600 s, at a third of 30 s", n)
		}
	})
}

// An activity's own heartbeat is shorter than the worker's lease, and is also met.
func TestHeartbeatOfTheActivityIsKept(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.work(worker.Config{}, handlers{"a": sleep(time.Minute)})
		equal(t, "outcome", w.Outcome(w.step(once(`, heartbeat = "2s"`), "a")), "completed 1")
	})
}

func TestDetailsReachTheNextAttempt(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.work(worker.Config{}, handlers{"a": func(ctx context.Context, t worker.Task) (any, error) {
			page := 0
			if ok, err := t.Details(&page); err != nil || ok != (t.Attempt > 1) {
				return nil, worker.Failf("broken", "details: %v %v", ok, err)
			}
			for range 3 {
				page++
				if err := t.Heartbeat(page); err != nil {
					return nil, err
				}
			}
			if t.Attempt < 3 {
				return nil, errors.New("not yet") // at once: the heartbeats' details are sent before it
			}
			return page, nil
		}})
		equal(t, "outcome", w.Outcome(w.step(once(`, retry = {}`), "a")), "completed 9")
	})
}

// Details that no node accepts are dropped, and no task loses its lease because of them, neither
// their own nor those in the same call, even if a node refuses the whole call for one of them.
func TestRefusedDetailsCostNoLease(t *testing.T) {
	for name, spoils := range map[string]bool{"its own refusal": false, "the call's refusal": true} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.line.inject(func(_, verb string) fault {
					if spoils && verb == "heartbeat" && w.line.size > 700 { // guarded by the line
						return tooLarge
					}
					return none
				})
				w.work(worker.Config{Lease: 3 * time.Second}, handlers{"a": func(ctx context.Context, t worker.Task) (any, error) {
					details := []any{"", json.RawMessage(strings.Repeat("[", 400) + strings.Repeat("]", 400)), 1}[t.ActivityID%3]
					if err := t.Heartbeat(details); err != nil {
						return nil, err
					}
					return t.Attempt, pass(ctx, 20*time.Second)
				}})
				ref := w.step(`
def run(ctx, input):
    return ctx.all([ctx.start_activity("a", retry = {"max_attempts": 1}) for i in range(3)])
`, "a")
				equal(t, "outcome", w.Outcome(ref), "completed [1,1,1]")
			})
		})
	}
}

// A worker that is gone is silent. When its leases end, its tasks go to another worker, with the
// details that it had sent; what it sends later does not count.
func TestLostWorker(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var causes sync.Map
		one := w.work(worker.Config{ID: "one", Lease: 10 * time.Second, Concurrency: 1}, handlers{"a": func(ctx context.Context, t worker.Task) (any, error) {
			if err := t.Heartbeat("half"); err != nil {
				return nil, err
			}
			err := pass(ctx, 5*time.Second) // the details are sent within a second
			if err != nil {
				return nil, err
			}
			w.line.inject(func(host, _ string) fault {
				if host == "n1:7600" {
					return refused
				}
				return none
			})
			<-ctx.Done()
			causes.Store("one", context.Cause(ctx))
			causes.Store("heartbeat", t.Heartbeat("more"))
			return "late", nil
		}})
		ref := w.step(once(""), "a")
		began := time.Now()
		w.work(worker.Config{Client: w.client("n2:7600"), Queue: "default"}, handlers{"b": sleep(0)}) // takes nothing
		two := func(_ context.Context, t worker.Task) (any, error) {
			var at string
			ok, err := t.Details(&at)
			return fmt.Sprintf("%s %v %v %d", at, ok, err, t.Attempt), nil
		}
		if err := pass(t.Context(), 6*time.Second); err != nil {
			t.Fatal(err)
		}
		w.work(worker.Config{ID: "two", Client: w.client("n2:7600")}, handlers{"a": two})
		equal(t, "outcome", w.Outcome(ref), `completed "half true <nil> 2"`)
		if took := time.Since(began); took < 10*time.Second || took > 20*time.Second {
			t.Errorf("the lease of 10 s was over after %s", took)
		}
		w.line.inject(nil)
		equal(t, "end", one.end(), nil)
		cause, _ := causes.Load("one")
		told, _ := causes.Load("heartbeat")
		if cause != worker.ErrLeaseLost || told != worker.ErrLeaseLost {
			t.Errorf("the handler's context ended with %v, its heartbeat with %v", cause, told)
		}
		if s := one.Stats(); s.Completed != 0 || s.Lost != 1 {
			t.Errorf("%+v", s)
		}
		equal(t, "history", w.Types(ref), "WorkflowStarted ActivityScheduled ActivityStarted ActivityStarted ActivityCompleted WorkflowCompleted")
	})
}

// A worker learns from its next heartbeat that the cluster has given its task away.
func TestLeaseTakenAway(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var first atomic.Value
		k := w.work(worker.Config{Lease: 10 * time.Second}, handlers{"a": func(ctx context.Context, t worker.Task) (any, error) {
			if t.Attempt > 1 {
				return t.Attempt, nil
			}
			<-ctx.Done()
			first.Store(context.Cause(ctx))
			return nil, ctx.Err()
		}})
		w.line.inject(func(_, verb string) fault {
			if verb == "heartbeat" {
				return refused
			}
			return none
		})
		ref := w.step(once(""), "a")
		equal(t, "outcome", w.Outcome(ref), "completed 2")
		equal(t, "end", k.end(), nil)
		equal(t, "cause", first.Load().(error), worker.ErrLeaseLost)
		equal(t, "failed", k.Stats().Failed, 0)
	})
}

func TestCancellation(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		causes := make(chan error, 2)
		k := w.work(worker.Config{Lease: 30 * time.Second}, handlers{"a": func(ctx context.Context, t worker.Task) (any, error) {
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return nil, ctx.Err()
		}})
		ref := w.step(`
def run(ctx, input):
    f = ctx.start_activity("a")
    ctx.sleep("5s")
    f.cancel()
    return f.outcome().error.kind
`, "a")
		began := time.Now()
		equal(t, "outcome", w.Outcome(ref), `completed "cancelled"`)
		equal(t, "cause", <-causes, worker.ErrCancelled)
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("the worker heard of it after %s", took)
		}
		equal(t, "end", k.end(), nil)
		if s := k.Stats(); s.Cancelled != 1 || s.Lost+s.Failed != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestDeadline(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		causes := make(chan error, 1)
		w.work(worker.Config{}, handlers{"a": func(ctx context.Context, t worker.Task) (any, error) {
			if at, ok := ctx.Deadline(); !ok || !at.Equal(t.Deadline) || time.Until(at) > 7*time.Second {
				return nil, worker.Failf("broken", "deadline %v", at)
			}
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return nil, ctx.Err()
		}})
		got := w.Outcome(w.step(once(`, timeout = "7s"`), "a"))
		if !strings.HasPrefix(got, "failed timeout: ") {
			t.Error(got)
		}
		equal(t, "cause", <-causes, context.DeadlineExceeded)
	})
}

// A node that hangs costs one attempt, not the lease.
func TestBeatsGoRoundAHungNode(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		k := w.work(worker.Config{Client: w.client("n1:7600", "n2:7600"), Lease: 30 * time.Second}, handlers{"a": func(ctx context.Context, t worker.Task) (any, error) {
			w.line.inject(func(host, _ string) fault {
				if host == "n1:7600" {
					return hangs
				}
				return none
			})
			if err := pass(ctx, 5*time.Minute); err != nil {
				return nil, err
			}
			return t.Attempt, nil
		}})
		equal(t, "outcome", w.Outcome(w.step(once(""), "a")), "completed 1")
		equal(t, "lost", k.Stats().Lost, 0)
	})
}
