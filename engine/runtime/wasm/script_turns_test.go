package wasm_test

import (
	"context"
	"errors"
	goruntime "runtime"
	"strings"
	"testing"

	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
)

// A turn that is full in the middle of a call waits there, parked or not: calls are under way on
// the interpreter's stack, and questions are answered beside them.
func TestScriptFullTurns(t *testing.T) {
	const bundle = `let n = 0; aion.enter = (op, token, at, text) => { switch (op) {
  case 1:
    aion.handle(3, "count");
    [0].forEach(() => { for (; n < 200; n++) {
      const id = aion.start(1, '{"1":1000000000}');
      aion.cancel(id);
      if (aion.wait(1, 0, String(id)) !== 0) throw new Error("not cancelled");
    } });
    Promise.resolve().then(() => aion.done(0, 0, String(n)));
    break;
  case 5: Promise.resolve().then(() => aion.answer(0, JSON.stringify([n, JSON.parse(text)]))); break;
  case 7: aion.answer(0, '{"1":["run"]}');
} }`
	for _, cfg := range []wasm.Config{{}, {Resident: 1}, {Interpret: true}} {
		w := runtimetest.NewWorld(t, script(t, newRoom(t, cfg), bundle, "run"), member, "", runtime.Limits{Asked: 100})
		turns, counts := 0, map[string]bool{}
		for text := ""; !strings.Contains(text, "WorkflowCompleted"); turns++ {
			if text = runtimetest.Show(t, w.Turn().Asked); turns > 100 || strings.Contains(text, "WorkflowFailed") {
				t.Fatalf("turn %d: %s", turns, text)
			}
			got, err := w.Query("count", `"x"`)
			if err != nil || !strings.HasSuffix(string(got), `,"x"]`) {
				t.Fatalf("turn %d: %s %v", turns, got, err)
			}
			counts[string(got)] = true
		}
		if turns < 4 || len(counts) != turns || !counts[`[200,"x"]`] {
			t.Errorf("%d turns, %v", turns, counts)
		}
		w.Rebuild().Close()
		w.Machine.Close()
	}
}

// A turn that is interrupted ends at once, and its run can be made again.
func TestScriptInterrupt(t *testing.T) {
	w := runtimetest.NewWorld(t, script(t, newRoom(t, wasm.Config{}), running(`aion.log("go"); for (;;) {}`), "run"), member, "", runtime.Limits{Steps: 1 << 50})
	defer func() { w.Machine.Close() }()
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	w.Config.Log = func(string) { cancel(enough) }
	w.Machine.Close()
	w.Machine = w.NewMachine()
	if _, err := w.Machine.Next(ctx, nil); !errors.Is(err, enough) {
		t.Error(err)
	}
}

// Runs that called deep and wait keep nothing of the stacks on which they did.
func TestScriptDeepCallsLeaveNothing(t *testing.T) {
	p := script(t, newRoom(t, wasm.Config{}), running(`const f = (n) => n ? f(n - 1) + 1 : 0; f(1000); aion.wait(1, 0, String(aion.start(1, '{"1":1000000000}')))`), "run")
	used := func() uint64 {
		var m goruntime.MemStats
		goruntime.GC()
		goruntime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	const runs, each = 16, 1 << 20
	before := used()
	for range runs {
		w := runtimetest.NewWorld(t, p, member, "", runtime.Limits{})
		if got := runtimetest.Show(t, w.Turn().Asked); !strings.HasPrefix(got, "TimerStarted") {
			t.Fatal(got)
		}
		defer w.Machine.Close()
	}
	if more := used() - before; int64(more) > runs*each {
		t.Errorf("%d runs keep %d bytes", runs, more)
	}
}

// Waits for handlers to end count, too: they are no futures, and nothing else bounds them.
func TestScriptWaitsAreBounded(t *testing.T) {
	const code = `aion.handle(1, "a"); for (let n = 0;; n++) aion.wait(n, 5, "")`
	w := runtimetest.NewWorld(t, script(t, newRoom(t, wasm.Config{}), running(code), "run"), member, "", runtime.Limits{Steps: 10_000_000})
	defer func() { w.Machine.Close() }()
	if got := runtimetest.Show(t, w.Turn().Asked); !strings.Contains(got, "the code waits in more than 50000 places") {
		t.Error(got)
	}
}
