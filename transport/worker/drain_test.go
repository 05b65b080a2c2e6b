package worker_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport/worker"
)

// begun returns a handler that signals when it has begun.
func begun(h worker.Handler) (worker.Handler, chan struct{}) {
	at := make(chan struct{}, 100)
	return func(ctx context.Context, t worker.Task) (any, error) {
		at <- struct{}{}
		return h(ctx, t)
	}, at
}

func TestDrainLetsHandlersFinish(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		h, at := begun(sleep(20 * time.Second))
		k := w.work(worker.Config{Drain: time.Minute}, handlers{"a": h})
		ref := w.step(once(""), "a")
		<-at
		equal(t, "end", k.end(), nil)
		equal(t, "completed", k.Stats().Completed, 1)
		equal(t, "outcome", w.Outcome(ref), "completed 1")
	})
}

// Attempts that are not finished in time go to another worker at once, and do not count as
// failures.
func TestDrainGivesBack(t *testing.T) {
	for _, drain := range []time.Duration{10 * time.Second, -1} {
		bubble(t, func(t *testing.T, w *world) {
			h, at := begun(sleep(time.Hour))
			k := w.work(worker.Config{Drain: drain, Lease: time.Hour}, handlers{"a": h})
			ref := w.step(once(""), "a")
			<-at
			began := time.Now()
			equal(t, "end", k.end(), nil)
			if s := k.Stats(); s.Released != 1 || s.Failed != 0 {
				t.Errorf("%+v", s)
			}
			w.work(worker.Config{}, handlers{"a": sleep(0)})
			equal(t, "outcome", w.Outcome(ref), "completed 2")
			if took := time.Since(began); took > time.Minute {
				t.Errorf("the task came back after %s", took)
			}
		})
	}
}

// A handler that ignores its context is left behind, and Run reports it. Its task comes back when
// the lease ends.
func TestDrainLeavesTheDeafBehind(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		stay := make(chan struct{})
		h, at := begun(func(context.Context, worker.Task) (any, error) { <-stay; return "late", nil })
		k := w.work(worker.Config{Drain: time.Second, Lease: 10 * time.Second}, handlers{"a": h})
		ref := w.step(once(""), "a")
		<-at
		err := k.end()
		if err == nil || !strings.Contains(err.Error(), "1 handlers have not returned") {
			t.Error(err)
		}
		w.work(worker.Config{}, handlers{"a": sleep(0)})
		equal(t, "outcome", w.Outcome(ref), "completed 2")
		close(stay)
	})
}

// If an answer was lost, the call is repeated under the same request id: the outcome is recorded
// once, and the worker learns that it counted.
func TestLostAnswers(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		seen := map[string]int{}
		w.line.inject(func(_, verb string) fault { // guarded by the line
			if seen[verb]++; seen[verb] == 1 {
				return lost
			}
			return none
		})
		k := w.work(worker.Config{Lease: time.Hour}, handlers{"a": sleep(25 * time.Minute)})
		ref := w.step(once(""), "a")
		equal(t, "outcome", w.Outcome(ref), "completed 1")
		equal(t, "end", k.end(), nil)
		if s := k.Stats(); s.Completed != 1 || s.Lost != 0 {
			t.Errorf("%+v", s)
		}
		equal(t, "history", w.Types(ref), "WorkflowStarted ActivityScheduled ActivityStarted ActivityCompleted WorkflowCompleted")
	})
}

// While nobody leads, outcomes wait.
func TestLeaderChange(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		h, at := begun(sleep(10 * time.Second))
		k := w.work(worker.Config{}, handlers{"a": h})
		w.Deploy(enginetest.Pack(t, enginetest.Code{"w": once("")}, enginetest.Activities("a")))
		for range 5 {
			ref := w.Begin("w", "1")
			<-at
			w.Depose()
			if err := pass(t.Context(), 12*time.Second); err != nil {
				t.Fatal(err)
			}
			w.Elect()
			equal(t, "outcome", w.Outcome(ref), "completed 1") // before the next leader stops: together, the leaders are away for longer than a lease
		}
		equal(t, "lost", k.Stats().Lost, 0)
	})
}

// If no node is reachable for too long, others repeat the work. The worker reports that, and still
// stops when told to.
func TestUndelivered(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		h, at := begun(sleep(time.Second))
		k := w.work(worker.Config{Lease: 10 * time.Second}, handlers{"a": h})
		ref := w.step(once(""), "a")
		<-at
		w.line.cut()
		if err := pass(t.Context(), 5*time.Second); err != nil {
			t.Fatal(err)
		}
		equal(t, "end", k.end(), nil)
		if s := k.Stats(); s.Undelivered != 1 || s.InHand != 0 {
			t.Errorf("%+v", s)
		}
		w.line.inject(nil)
		w.work(worker.Config{}, handlers{"a": sleep(0)})
		equal(t, "outcome", w.Outcome(ref), "completed 2")
	})
}

// A node that does not know the caller says nothing about the outcome: it waits until a node does.
func TestOutcomeOutlivesARefusedToken(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		asked := 0
		w.line.inject(func(_, verb string) fault {
			if verb == "complete" {
				if asked++; asked < 5 {
					return stranger
				}
			}
			return none
		})
		k := w.work(worker.Config{}, handlers{"a": sleep(0)})
		equal(t, "outcome", w.Outcome(w.step(once(""), "a")), "completed 1")
		equal(t, "end", k.end(), nil)
		equal(t, "completed", k.Stats().Completed, 1)
	})
}

// One outcome that no node accepts does not affect those in the same call.
func TestOneBadOutcomeAmongMany(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		h, at := begun(func(_ context.Context, t worker.Task) (any, error) {
			return strings.Repeat("x", 1<<10*int(t.ActivityID)), nil
		})
		w.line.inject(func(_, verb string) fault {
			if verb == "complete" && w.line.size > 40<<10 { // guarded by the line
				return tooLarge
			}
			return none
		})
		k := w.work(worker.Config{}, handlers{"a": h})
		ref := w.step(`
def run(ctx, input):
    outcomes = ctx.settled([ctx.start_activity("a") for _ in range(50)])
    return [len([o for o in outcomes if o.ok]), [o.error.kind for o in outcomes if not o.ok][0]]
`, "a")
		<-at
		equal(t, "outcome", w.Outcome(ref), `completed [39,"invalid_output"]`)
		equal(t, "end", k.end(), nil)
	})
}

// A node that is closing answers polls at once, without tasks: the worker does not poll as fast as
// it can.
func TestEmptyAnswersAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.line.server = http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte(`{"tasks":[]}`)) })
		k := w.work(worker.Config{}, handlers{"a": sleep(0)})
		if err := pass(t.Context(), 10*time.Second); err != nil {
			t.Fatal(err)
		}
		equal(t, "end", k.end(), nil)
		if n := k.Stats().Polls; n < 200 || n > 1000 { // of two that wait
			t.Errorf("%d polls in 10 s", n)
		}
	})
}
