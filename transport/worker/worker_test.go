package worker_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"aion.dev/aion/transport"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"aion.dev/aion/transport/worker"
)

type handlers = map[string]worker.Handler

func TestCompletes(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		k := w.work(worker.Config{ID: "ada"}, handlers{"a": func(_ context.Context, t worker.Task) (any, error) {
			var in struct{ N int }
			if err := t.Input(&in); err != nil {
				return nil, err
			}
			return map[string]any{"n": in.N + 1, "activity": t.Activity, "id": t.ActivityID, "attempt": t.Attempt, "key": t.Key() == t.RunID+":1", "tag": "<&>"}, nil
		}})
		ref := w.step(once(""), "a")
		equal(t, "outcome", w.Outcome(ref), `completed {"activity":"a","attempt":1,"id":1,"key":true,"n":2,"tag":"<&>"}`)
		equal(t, "history", w.Types(ref), "WorkflowStarted ActivityScheduled ActivityStarted ActivityCompleted WorkflowCompleted")
		equal(t, "end", k.end(), nil)
		s := k.Stats()
		if s.Taken != 1 || s.Completed != 1 || s.InHand != 0 || s.Running != 0 || s.Failed+s.Lost+s.Released+s.Undelivered != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// What handlers return, and how the run ends.
func TestOutcomes(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		var result func(attempt uint32) (any, error)
		w.work(worker.Config{}, handlers{"a": func(_ context.Context, t worker.Task) (any, error) { return result(t.Attempt) }})
		const twice = `, retry = {"max_attempts": 2}`
		for _, c := range []struct {
			name, arguments string
			result          func(attempt uint32) (any, error)
			want            string
		}{
			{"nothing", "", func(uint32) (any, error) { return nil, nil }, "completed null"},
			{"an empty text", "", func(uint32) (any, error) { return "", nil }, `completed ""`},
			{"details that are an empty text", "", func(uint32) (any, error) { return nil, &worker.Failure{Message: "m", Details: ""} }, "failed failed: m"},
			{"a plain error", "", func(uint32) (any, error) { return nil, errors.New("no luck") }, "failed failed: no luck"},
			{"a plain error is tried again", twice, func(n uint32) (any, error) {
				if n == 1 {
					return nil, errors.New("no luck")
				}
				return n, nil
			}, "completed 2"},
			{"so is a kind of one's own", twice, func(n uint32) (any, error) {
				if n == 1 {
					return nil, fmt.Errorf("as it happens: %w", &worker.Failure{Kind: "busy"})
				}
				return n, nil
			}, "completed 2"},
			{"not what cannot be mended", twice, func(n uint32) (any, error) {
				return nil, worker.Failf("declined", "card %d: %w", n, errors.New("no money"))
			}, "failed declined: card 1: no money"},
			{"a cause", "", func(uint32) (any, error) { return nil, &worker.Failure{Kind: "broken", Err: errors.New("deep inside")} }, "failed broken: deep inside"},
			{"an output that is no JSON", twice, func(n uint32) (any, error) { return func() {}, nil }, "failed invalid_output: the output cannot be encoded: json: unsupported type: func()"},
			{"a panic", "", func(uint32) (any, error) { panic("ouch") }, "failed panic: ouch"},
			{"the end of a goroutine", "", func(uint32) (any, error) { runtime.Goexit(); return nil, nil }, "failed panic: the handler ended its goroutine (runtime.Goexit)"},
			{"a message without end", "", func(uint32) (any, error) { return nil, errors.New(strings.Repeat("é", 9000)) }, "failed failed: " + strings.Repeat("é", 4096)},
			{"a kind that no node takes", "", func(uint32) (any, error) { return nil, &worker.Failure{Kind: strings.Repeat("k", 300), Message: "m"} }, "failed " + strings.Repeat("k", 200) + ": m"},
			{"details that are no JSON", "", func(uint32) (any, error) { return nil, &worker.Failure{Message: "m", Details: func() {}} }, "failed failed: m"},
		} {
			result = c.result
			equal(t, c.name, w.Outcome(w.step(once(c.arguments), "a")), c.want)
		}

		result = func(uint32) (any, error) { return strings.Repeat("x", 70<<10), nil }
		if got := w.Outcome(w.step(once(twice), "a")); !strings.HasPrefix(got, "failed invalid_output: ") {
			t.Errorf("an output that is too large: %s", got)
		}
		result = func(uint32) (any, error) {
			return nil, &worker.Failure{Kind: "large", Message: "m", Details: strings.Repeat("x", 70<<10)}
		}
		if got := w.Outcome(w.step(once(twice), "a")); !strings.HasPrefix(got, "failed large: m (details were refused: ") {
			t.Errorf("details that are too large: %s", got)
		}
		result = func(uint32) (any, error) {
			return nil, &worker.Failure{Message: "m", Details: map[string]int{"code": 7}}
		}
		ref := w.step("def run(ctx, input):\n    return ctx.try_activity(\"a\").error.details[\"code\"]\n", "a")
		equal(t, "details", w.Outcome(ref), "completed 7")
	})
}

func TestInputThatDoesNotFit(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.work(worker.Config{}, handlers{"a": func(_ context.Context, t worker.Task) (any, error) {
			var s string
			return nil, t.Input(&s)
		}})
		got := w.Outcome(w.step(once(`, retry = {}`), "a"))
		if !strings.HasPrefix(got, "failed invalid_input: the input of a: json: ") {
			t.Error(got)
		}
	})
}

// Never more handlers run than allowed, and a large fan-out is carried out in few calls.
func TestManyTasks(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		const tasks, concurrency = 300, 20
		w.line.takes = time.Millisecond // without it, how much gathers meanwhile is up to the scheduler
		var running, most atomic.Int64
		k := w.work(worker.Config{Concurrency: concurrency}, handlers{"a": func(context.Context, worker.Task) (any, error) {
			n := running.Add(1)
			defer running.Add(-1)
			for {
				seen := most.Load()
				if n <= seen || most.CompareAndSwap(seen, n) {
					return 1, nil
				}
			}
		}})
		ref := w.step(fmt.Sprintf(`
def run(ctx, input):
    total = 0
    for n in ctx.all([ctx.start_activity("a", i) for i in range(%d)]):
        total += n
    return total
`, tasks), "a")
		equal(t, "outcome", w.Outcome(ref), fmt.Sprintf("completed %d", tasks))
		equal(t, "end", k.end(), nil)
		equal(t, "completed", k.Stats().Completed, tasks)
		if n := most.Load(); n > concurrency {
			t.Errorf("%d handlers ran at a time", n)
		}
		if n := w.line.count("complete"); n > tasks/2 {
			t.Errorf("%d outcomes took %d calls", tasks, n)
		}
	})
}

func TestWrongSetups(t *testing.T) {
	h := func(context.Context, worker.Task) (any, error) { return nil, nil }
	c, err := client.New(client.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for want, k := range map[string]*worker.Worker{
		"there is no handler":       worker.New(worker.Config{}),
		"two handlers":              worker.New(worker.Config{}).Handle("a", h).Handle("a", h),
		`Handle("", ...)`:           worker.New(worker.Config{}).Handle("", h),
		`Handle("a", ...)`:          worker.New(worker.Config{}).Handle("a", nil),
		"Concurrency is 10001":      worker.New(worker.Config{Concurrency: 10001}).Handle("a", h),
		"Lease is 1ms":              worker.New(worker.Config{Lease: time.Millisecond}).Handle("a", h),
		"Wait is 2m0s":              worker.New(worker.Config{Wait: 2 * time.Minute}).Handle("a", h),
		"give one or the other":     worker.New(worker.Config{Client: c, Token: "t"}).Handle("a", h),
		"want host:port or a URL":   worker.New(worker.Config{Addresses: []string{"nowhere"}}).Handle("a", h),
		"the scheme must be http o": worker.New(worker.Config{Addresses: []string{"ftp://a:1"}}).Handle("a", h),
	} {
		if err := k.Run(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestRunOnce(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		k := w.work(worker.Config{}, handlers{"a": func(context.Context, worker.Task) (any, error) { return nil, nil }})
		equal(t, "end", k.end(), nil)
		if err := k.Run(t.Context()); err == nil {
			t.Error("it ran again")
		}
		defer func() {
			if recover() == nil {
				t.Error("it took another handler")
			}
		}()
		k.Handle("b", func(context.Context, worker.Task) (any, error) { return nil, nil })
	})
}

// A node that will never give tasks ends the worker.
func TestRefusedWorkers(t *testing.T) {
	withTokens := func(cfg *transport.Config) { cfg.Tokens = []transport.Token{{Name: "ci", Secret: "secret"}} }
	bubble(t, func(t *testing.T, w *world) {
		k := w.work(worker.Config{}, handlers{"a": func(context.Context, worker.Task) (any, error) { return nil, nil }})
		err := <-k.over
		k.over <- nil
		var p *wire.Problem
		if !errors.As(err, &p) || p.Code != "unauthenticated" {
			t.Error(err)
		}
	}, withTokens)
	bubble(t, func(t *testing.T, w *world) {
		k := w.work(worker.Config{Queue: strings.Repeat("q", 300)}, handlers{"a": func(context.Context, worker.Task) (any, error) { return nil, nil }})
		err := <-k.over
		k.over <- nil
		var p *wire.Problem
		if !errors.As(err, &p) || p.Code != "invalid_input" || !strings.Contains(p.Detail, "queue") {
			t.Error(err)
		}
	})
}

func TestTaskOfATest(t *testing.T) {
	task := worker.NewTask(wire.Task{RunID: "r", ActivityID: 3, Activity: "a", Details: []byte(`{"page":4}`)})
	var at struct{ Page int }
	if ok, err := task.Details(&at); !ok || err != nil || at.Page != 4 {
		t.Errorf("%+v, %v, %v", at, ok, err)
	}
	if ok, err := worker.NewTask(wire.Task{}).Details(&at); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	var n int
	if ok, err := task.Details(&n); ok || err == nil {
		t.Errorf("%v, %v", ok, err)
	}
	if task.Key() != "r:3" || string(task.RawInput()) != "null" || task.Heartbeat(at) != nil {
		t.Errorf("%+v", task)
	}
	if err := task.Heartbeat(func() {}); err == nil {
		t.Error("details that are no JSON")
	}
	if err := task.Heartbeat(strings.Repeat("x", 65<<10)); err == nil || !strings.Contains(err.Error(), "65536") {
		t.Errorf("details that are too large: %v", err)
	}
}
