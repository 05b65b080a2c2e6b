package replay_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

const waits = `
def run(ctx, input):
    ctx.log("hello")
    ctx.sleep("1s")
    ctx.child("c", 1)
    return 1
`

// A mismatch shows the recorded and the requested event, and the line that asked.
func TestMismatch(t *testing.T) {
	recorded := run(t, waits, "null")
	recorded.Turn()
	recorded.Turn(&history.TimerFired{ID: 1})
	for name, c := range map[string]struct{ source, want string }{
		"another duration": {"def run(ctx, input):\n    ctx.sleep(\"2s\")\n",
			`replay of turn 1 differs at its event 1: recorded is TimerStarted {"id":1,"duration":"1s"}, the code now asks for TimerStarted {"id":1,"duration":"2s"} at test.star:2:14`},
		"another type": {"def run(ctx, input):\n    ctx.sleep(\"1s\")\n    ctx.sleep(\"1s\")\n",
			`replay of turn 2 differs at its event 1: recorded is ChildWorkflowStarted {"id":2,`},
		"more": {"def run(ctx, input):\n    ctx.start_timer(\"1s\")\n    ctx.sleep(\"1s\")\n",
			`replay of turn 1 differs at its event 2: recorded is nothing more, the code now asks for TimerStarted {"id":2,"duration":"1s"} at test.star:3:14`},
		"less": {"def run(ctx, input):\n    ctx.signal(\"a\")\n",
			`replay of turn 1 differs at its event 1: recorded is TimerStarted {"id":1,"duration":"1s"}, the code now asks for nothing more`},
		"the end": {"def run(ctx, input):\n    return 1\n",
			`replay of turn 1 differs at its event 1: recorded is TimerStarted {"id":1,"duration":"1s"}, the code now asks for WorkflowCompleted {"result":1}`},
		"a helper": {"def pause(ctx):\n    ctx.sleep(\"3s\")\ndef run(ctx, input):\n    pause(ctx)\n", `at test.star:2:14`},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := recorded.Config
			cfg.Program = program(t, c.source)
			m, err := replay.New(cfg, recorded.Events[0])
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			err = m.Replay(context.Background(), recorded.Turns, recorded.Events)
			var mismatch *replay.Mismatch
			if !errors.As(err, &mismatch) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %s", err, c.want)
			}
			if _, err := m.Next(context.Background(), nil); err == nil {
				t.Error("a machine is usable after a mismatch")
			}
		})
	}
}

// Replay does not log again what ctx.log has logged.
func TestReplayLogsNothing(t *testing.T) {
	w := run(t, waits, "null")
	w.Turn()
	w.Resume()
	w.Turn(&history.TimerFired{ID: 1})
	if len(w.Logs) != 1 || w.Logs[0] != "hello" {
		t.Errorf("logs are %q", w.Logs)
	}
}

// The machine checks the order of calls, and that the log recorded what the machine made.
func TestMisuse(t *testing.T) {
	ctx := context.Background()
	w := run(t, waits, "null")
	step := w.Next()
	if _, err := w.Machine.Next(ctx, nil); err == nil || !strings.Contains(err.Error(), "not yet recorded") {
		t.Errorf("a second turn before the first was recorded: %v", err)
	}
	turn := history.Turn{N: 1, Through: 1, FirstSeq: 2, Count: 1}
	other := []history.Event{{Seq: 2, Data: &history.TimerStarted{ID: 1, Duration: 5}}}
	if err := w.Machine.Recorded(turn, other); err == nil || !strings.Contains(err.Error(), "TimerStarted") {
		t.Errorf("another event was recorded: %v", err)
	}
	w.Machine.Close()
	w.Machine = w.NewMachine()
	if err := w.Machine.Recorded(turn, nil); err == nil {
		t.Error("a turn was recorded that was not made")
	}
	w.Machine.Close()
	w.Machine = w.NewMachine()
	step = w.Next()
	w.Record(step)
	for name, news := range map[string][]history.Event{
		"a gap":         {{Seq: 2, Data: &history.TimerFired{ID: 1}}, {Seq: 4, Data: &history.TimerFired{ID: 1}}},
		"a late start":  {{Seq: 3, Data: &history.TimerFired{ID: 1}}},
		"no such timer": {{Seq: 2, Data: &history.TimerFired{ID: 9}}},
		"another kind":  {{Seq: 2, Data: &history.ChildWorkflowCompleted{ID: 1}}},
	} {
		m := w.Rebuild()
		if _, err := m.Next(ctx, news); err == nil {
			t.Errorf("%s: accepted", name)
		}
		m.Close()
	}
	if err := w.NewMachine().Replay(ctx, []history.Turn{{N: 2, Through: 1}}, w.Events); err == nil {
		t.Error("replay may begin with turn 2")
	}
	if err := w.NewMachine().Replay(ctx, w.Turns, w.Events[:1]); err == nil || !strings.Contains(err.Error(), "are needed") {
		t.Errorf("replay without the events asked for: %v", err)
	}
	w.Machine.Close()
	w.Machine.Close()
	if _, err := w.Machine.Next(ctx, nil); err == nil {
		t.Error("a closed machine makes turns")
	}
}

func TestNew(t *testing.T) {
	p := program(t, waits)
	cfg := replay.Config{Program: p, Member: runtimetest.Member}
	for name, e := range map[string]history.Event{
		"no start":        {Seq: 1, Data: &history.TimerFired{}},
		"not the first":   {Seq: 2, Data: &history.WorkflowStarted{WorkflowType: "test", Version: p.Version()}},
		"another version": {Seq: 1, Data: &history.WorkflowStarted{WorkflowType: "test"}},
		"another type":    {Seq: 1, Data: &history.WorkflowStarted{WorkflowType: "other", Version: p.Version()}},
	} {
		if m, err := replay.New(cfg, e); err == nil {
			m.Close()
			t.Errorf("%s: accepted", name)
		}
	}
}

// A run that closed makes no more turns, but answers queries.
func TestClosedRun(t *testing.T) {
	w := run(t, "def run(ctx, input):\n    ctx.on_query(\"in\", lambda: input)\n    return 1\n", "5")
	if step := w.Turn(); !step.Closes || len(step.Waiting) != 0 {
		t.Errorf("step is %+v", step)
	}
	if _, err := w.Machine.Next(context.Background(), nil); err == nil || !strings.Contains(err.Error(), "closed the run") {
		t.Errorf("a turn after the last: %v", err)
	}
	if got, err := w.Query("in", ""); err != nil || string(got) != "5" {
		t.Errorf("query: %s, %v", got, err)
	}
}

// A query changes nothing, neither what the code keeps nor what it waits for. A machine that
// answers queries goes on as one that does not, and its answers in between are consistent.
func TestQueriedMachine(t *testing.T) {
	w := run(t, `
def run(ctx, input):
    seen, late = [], []
    timer, go = ctx.start_timer("1h"), ctx.start_signal("a")
    ctx.on_query("grow", lambda: seen.append(1) or len(seen))
    ctx.on_query("race", lambda: ctx.race([timer, go]))
    ctx.on_query("settle", lambda: ctx.settled([timer, go]))
    ctx.on_query("cancel", lambda: go.cancel())
    ctx.on_query("first", lambda: late[0].result().append(2) or late[0].result())
    ctx.on_query("read", lambda: [late[0].result(), len(seen), go.done])
    late.append(go)
    ctx.signal("b")
    return [len(seen), go.result()]
`, "5")
	ask := func(name, want string) {
		t.Helper()
		got, err := w.Machine.Query(context.Background(), name, nil)
		if failed := (*replay.QueryFailed)(nil); errors.As(err, &failed) {
			got = history.Payload(failed.Err.Message)
		} else if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(got), want) {
			t.Errorf("query %s: got %s, want %s", name, got, want)
		}
	}
	const reads = "a query handler only reads"
	w.Turn()
	for range 2 {
		ask("grow", reads)
		ask("race", reads)
		ask("settle", reads)
		ask("cancel", reads)
		ask("read", reads) // it would wait
	}
	w.Turn(&history.SignalReceived{Name: "a", Payload: history.Payload("[1]")})
	for range 2 {
		ask("race", reads) // it would give up the timer
		ask("first", "[1]")
		ask("read", "[[1],0,true]")
	}
	step := w.Turn(&history.SignalReceived{Name: "b"})
	if got := runtimetest.Show(t, step.Asked); got != "WorkflowCompleted {\"result\":[0,[1]]}\n" {
		t.Errorf("the run saw the queries: %s", got)
	}
	ask("read", "[[1],0,true]")
}

// Limits bind new turns, never recorded ones: a node with smaller limits must be able to replay the
// past.
func TestLimitsDoNotBindReplay(t *testing.T) {
	w := run(t, `
def run(ctx, input):
    kept = [0] * 10000
    for i in range(100000): kept[i % 10000] = i
    ctx.log("x" * 100)
    for i in range(10): ctx.start_timer("1s")
    ctx.signal_workflow("w", "big", "x" * 1000)
    ctx.signal("a")
    return 1
`, "null")
	w.Turn()
	w.Config.Limits = runtime.Limits{Steps: 1000, MemoryBytes: 1 << 20, OutputBytes: 10, TurnBytes: 10, LogBytes: 1, Pending: 1, Asked: 1}
	w.Resume()
	if step := w.Turn(&history.SignalReceived{Name: "a"}); runtimetest.Show(t, step.Asked) != "WorkflowCompleted {\"result\":1}\n" {
		t.Errorf("after replay: %s", runtimetest.Show(t, step.Asked))
	}
}

// A turn that a limit ended also ends when it is replayed, even under another limit. Otherwise
// endless code would run forever.
func TestQueryOfRunThatMetALimit(t *testing.T) {
	w := run(t, "def run(ctx, input):\n    n = [0]\n    ctx.on_query(\"q\", lambda: n[0] > 100)\n    while True: n[0] += 1\n", "null")
	w.Config.Limits = runtime.Limits{Steps: 100_000}
	w.Machine.Close()
	w.Machine = w.NewMachine()
	if step := w.Turn(); !strings.Contains(runtimetest.Show(t, step.Asked), "limit_exceeded") {
		t.Fatal(runtimetest.Show(t, step.Asked))
	}
	w.Config.Limits = runtime.Limits{Steps: 200_000}
	if got, err := w.Query("q", ""); err != nil || string(got) != "true" {
		t.Errorf("query: %s, %v", got, err)
	}
}

// late is a program after whose turns something happens, before anybody knows that they are made.
type late struct {
	runtime.Program
	then func()
}

type lateExecution struct {
	runtime.Execution
	then func()
}

func (p late) Start(m catalog.Member, input history.Payload, h runtime.Host, l runtime.Limits) runtime.Execution {
	return lateExecution{p.Program.Start(m, input, h, l), p.then}
}

func (x lateExecution) Resume(bound bool) (*runtime.End, error) {
	end, err := x.Execution.Resume(bound)
	x.then()
	return end, err
}

// A turn stops when its context ends, whatever the code is doing.
func TestInterrupt(t *testing.T) {
	why := errors.New("leadership is lost")
	for name, source := range map[string]string{
		"steps":    "def run(ctx, input):\n    ctx.log(\"go\")\n    while True: pass\n",
		"one step": "def run(ctx, input):\n    l = list(range(100000))\n    ctx.log(\"go\")\n    while True: l == l\n",
	} {
		t.Run(name, func(t *testing.T) {
			w := run(t, source, "null")
			ctx, cancel := context.WithCancelCause(context.Background())
			w.Config.Limits.Steps = 1 << 62
			w.Config.Log = func(string) { cancel(why) }
			w.Machine.Close()
			w.Machine = w.NewMachine()
			if _, err := w.Machine.Next(ctx, nil); !errors.Is(err, why) {
				t.Errorf("got %v", err)
			}
			if _, err := w.Machine.Next(context.Background(), nil); err == nil {
				t.Error("the machine is usable after an interrupt")
			}
		})
	}
	t.Run("query", func(t *testing.T) {
		w := run(t, "def run(ctx, input):\n    ctx.on_query(\"q\", forever)\n    ctx.signal(\"a\")\ndef forever():\n    while True: pass\n", "null")
		w.Config.Limits.Steps = 1 << 62
		w.Turn()
		m := w.Rebuild()
		defer m.Close()
		ctx, cancel := context.WithCancelCause(context.Background())
		go cancel(why)
		if _, err := m.Query(ctx, "q", nil); !errors.Is(err, why) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("just when the code returns", func(t *testing.T) {
		w := run(t, "def run(ctx, input):\n    ctx.on_query(\"q\", lambda: 1)\n    ctx.signal(\"a\")\n", "null")
		w.Turn()
		for name, ask := range map[string]func(*replay.Machine, context.Context) error{
			"next":   func(m *replay.Machine, ctx context.Context) error { _, err := m.Next(ctx, nil); return err },
			"replay": func(m *replay.Machine, ctx context.Context) error { return m.Replay(ctx, w.Turns, w.Events) },
		} {
			ctx, cancel := context.WithCancelCause(context.Background())
			w.Config.Program = late{w.Config.Program, func() { cancel(why) }}
			m := w.NewMachine()
			defer m.Close()
			if err := ask(m, ctx); !errors.Is(err, why) {
				t.Errorf("%s: got %v, and the code is interrupted in its next turn", name, err)
			}
		}
	})
	t.Run("before", func(t *testing.T) {
		w := run(t, waits, "null")
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := w.Machine.Next(ctx, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// A signal counts as consumed when a wait takes it.
func TestConsumed(t *testing.T) {
	w := run(t, "def run(ctx, input):\n    ctx.signal(\"a\")\n    ctx.signal(\"a\")\n    ctx.sleep(\"1s\")\n", "null")
	a := &history.SignalReceived{Name: "a"}
	for i, want := range []uint64{0, 1, 2} {
		if i > 0 {
			w.Append(&history.SignalReceived{Name: "b"}, a)
		}
		if step := w.Turn(); step.Consumed != want {
			t.Errorf("turn %d: consumed is %d, want %d", i+1, step.Consumed, want)
		}
		w.Resume()
	}
}

// A machine works in a synctest bubble, as the engine's tests use it, also if several goroutines
// make its turns one after the other.
func TestInABubble(t *testing.T) {
	p := program(t, "def run(ctx, input):\n    for i in range(3): ctx.signal(\"a\")\n")
	synctest.Test(t, func(t *testing.T) {
		w := runtimetest.NewWorld(t, p, runtimetest.Member, "null", runtime.Limits{})
		for range 4 {
			done := make(chan struct{})
			go func() {
				defer close(done)
				w.Turn(&history.SignalReceived{Name: "a"})
			}()
			<-done
			synctest.Wait()
			if len(w.Turns) == 3 {
				break
			}
		}
		w.Machine.Close()
	})
}

// Memory grows with what a run holds, wherever the run holds it.
func TestMemory(t *testing.T) {
	w := run(t, "def run(ctx, input):\n    kept = \"x\" * 100000\n    f = ctx.start_signal(\"a\")\n    ctx.signal(\"b\")\n    f.result()\n", "null")
	if before := w.Machine.Memory(); before > 20<<10 {
		t.Errorf("a run that has not begun takes %d bytes", before)
	}
	w.Turn()
	last := w.Machine.Memory()
	if last < 100_000 {
		t.Errorf("a run that keeps 100,000 bytes takes %d", last)
	}
	payload := history.Payload("\"" + strings.Repeat("y", 50_000) + "\"")
	for _, name := range []string{"a", "never", "never"} {
		w.Turn(&history.SignalReceived{Name: name, Payload: payload})
		if now := w.Machine.Memory(); now < last+50_000 {
			t.Errorf("signal %s was not counted: %d after %d", name, now, last)
		} else {
			last = now
		}
	}
}

// A limit of 0 is refused where it would mean no limit; a history in which it was accepted still
// replays.
func TestZeroLimitsOfAnActivity(t *testing.T) {
	for _, options := range []string{`timeout = "0s"`, `heartbeat = 0 * time.second`, `schedule_timeout = "0h"`, `retry = {"backoff": "0s"}`, `retry = {"max_backoff": "0s"}`, `retry = {"factor": 0}`} {
		w := run(t, "def run(ctx, input): ctx.activity(\"charge\", "+options+")\n", "null")
		step := w.Turn()
		if got := runtimetest.Show(t, step.Asked); !strings.Contains(got, "is 0: it must be more, or be left out") || !step.Closes {
			t.Errorf("%s: %s", options, got)
		}
		w.Resume()
	}
	w := run(t, "def run(ctx, input): return ctx.activity(\"charge\", timeout = \"0s\", retry = {\"factor\": 0, \"max_attempts\": 0})\n", "null")
	w.Append(&history.ActivityScheduled{ID: 1, Activity: "charge", Queue: "default", Retry: &history.Retry{Backoff: 1e9, MaxBackoff: 60e9}})
	w.Turns = append(w.Turns, history.Turn{N: 1, Through: 1, FirstSeq: 2, Count: 1})
	w.Resume()
	if step := w.Turn(&history.ActivityCompleted{ID: 1, Result: history.Payload("7")}); runtimetest.Show(t, step.Asked) != "WorkflowCompleted {\"result\":7}\n" {
		t.Errorf("after replay: %s", runtimetest.Show(t, step.Asked))
	}
}
