package starlark_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// failure runs source for one turn and returns the error that the run failed with.
func failure(t *testing.T, source, input string) history.RunError {
	t.Helper()
	w := runtimetest.NewWorld(t, compile(t, source), runtimetest.Member, input, runtime.Limits{})
	step := w.Turn()
	failed, ok := step.Asked[len(step.Asked)-1].(*history.WorkflowFailed)
	if !ok {
		t.Fatalf("the run did not fail: %s", runtimetest.Show(t, step.Asked))
	}
	return failed.Error
}

// A run fails with a kind, a message, and the call stack of the code.
func TestFailures(t *testing.T) {
	for _, c := range []struct{ name, source, kind, message, stack string }{
		{"on purpose", "def f(): fail(\"no\", [1], sep = \"-\")\ndef run(ctx, input): f()\n", "failed", "no-[1]", "test.star:2:23 in run|test.star:1:14 in f"},
		{"by an error", "def f(x): return x[0]\ndef run(ctx, input):\n    return f([])\n", "failed", "test.star:1:19: index 0 out of range: empty list", "test.star:3:13 in run|test.star:1:19 in f"},
		{"in a guard", "def run(ctx, input): return 1 in 2\n", "failed", "test.star:1:31: unknown binary op: int in int", "test.star:1:31 in run"},
		{"in a method", "def run(ctx, input): return [].index(1)\n", "failed", "test.star:1:37: index: value not in list", "test.star:1:37 in run"},
		{"in a key", "def run(ctx, input): return sorted([1], key = lambda x: x.y)\n", "failed", "test.star:1:58: int has no .y field or method", "test.star:1:35 in run|test.star:1:58 in lambda"},
		{"missing key", "def run(ctx, input): return input[\"a\"]\n", "failed", "test.star:1:34: key \"a\" not in dict", "test.star:1:34 in run"},
		{"no method of ctx", "def run(ctx, input): ctx.sleeep(\"1s\")\n", "failed", "test.star:1:25: workflow_context has no .sleeep field or method (did you mean .sleep?)", "test.star:1:25 in run"},
		{"bad duration", "def run(ctx, input): ctx.sleep(10)\n", "failed", "test.star:1:31: sleep: for parameter duration: got int, want a duration such as \"1m30s\"", "test.star:1:31 in run"},
		{"bad word", "def run(ctx, input): ctx.child(\"c\", version = \"new\")\n", "failed", "test.star:1:31: version is \"new\", it must be one of [\"parent\" \"routed\"]", "test.star:1:31 in run"},
		{"bad id", "def run(ctx, input): ctx.child(\"c\", id = \"a b\")\n", "failed", "test.star:1:31: workflow id \"a b\" has the character ' ' at position 2; allowed are A-Z a-z 0-9 . _ : @ -", "test.star:1:31 in run"},
		{"bad retry", "def run(ctx, input): ctx.activity(\"c\", retry = {\"times\": 1})\n", "failed", "test.star:1:34: retry: \"times\": is not one of max_attempts, backoff, factor, max_backoff, non_retryable", "test.star:1:34 in run"},
		{"bad signal name", "def run(ctx, input): ctx.signal(\"\")\n", "failed", "test.star:1:32: the name of the signal, \"\", has 0 characters; 1 to 200 of UTF-8 are allowed", "test.star:1:32 in run"},
		{"bad attribute", "def run(ctx, input): ctx.set_attributes({\"a\": {}})\n", "failed", "test.star:1:40: attribute \"a\" is neither a string, a number, a boolean nor a list of strings", "test.star:1:40 in run"},
		{"too long a duration", "def run(ctx, input): ctx.sleep(\"9999999h\")\n", "failed", "test.star:1:31: sleep: for parameter duration: got \"9999999h\", which is longer than 100 years", "test.star:1:31 in run"},
		{"too long a time-out", "def run(ctx, input): ctx.activity(\"c\", timeout = \"9999999h\")\n", "failed", "test.star:1:34: activity: for parameter \"timeout\": got \"9999999h\", which is longer than 100 years", "test.star:1:34 in run"},
		{"longer than it may be", "def run(ctx, input): ctx.sleep(\"2000000h\")\n", "failed", "test.star:1:31: duration is 2000000h0m0s, which is longer than 100 years", "test.star:1:31 in run"},
		{"an id with an umlaut", "def run(ctx, input): ctx.child(\"c\", id = \"für\")\n", "failed", "test.star:1:31: workflow id \"für\" has the character 'ü' at position 2; allowed are A-Z a-z 0-9 . _ : @ -", "test.star:1:31 in run"},
		{"no list of futures", "def run(ctx, input): ctx.all(ctx.start_timer(\"1s\"))\n", "failed", "test.star:1:29: all: for parameter futures: got future, want a list of futures", "test.star:1:29 in run"},
		{"no JSON", "def run(ctx, input): return set()\n", "failed", "test.star:1:22: result: set is not a JSON value", ""},
		{"no JSON within", "def run(ctx, input):\n    if input: return 1\n    return {\"items\": [1, 2, 3, {\"price\": float(\"nan\")}]}\n", "failed", "test.star:3:5: result.items[3].price: NaN is not a JSON value", ""},
		{"no JSON from one of two", "def run(ctx, input):\n    def inner(): return 1\n    if input == 1: return [input]\n    return {\"a b\": (0, {1: 2})}\n", "failed",
			"test.star:1:1: result[\"a b\"][1]: a dict with a key of type int is not a JSON value: keys must be strings (returned at one of the lines 3, 4)", ""},
		{"no JSON as input", "def run(ctx, input): ctx.child(\"c\", {1: 2})\n", "failed", "test.star:1:31: input: a dict with a key of type int is not a JSON value: keys must be strings", "test.star:1:31 in run"},
		{"returning itself", "def run(ctx, input):\n    a = []\n    a.append(a)\n    return a\n", "failed", "test.star:4:5: result: the value is nested deeper than 200 levels, or contains itself", ""},
		{"racing nothing", "def run(ctx, input): ctx.race([])\n", "failed", "test.star:1:30: a race needs at least one future", "test.star:1:30 in run"},
		{"waiting for no future", "def run(ctx, input): ctx.all([1])\n", "failed", "test.star:1:29: all: element 0 is int, want a future", "test.star:1:29 in run"},
		{"changing a global", "L = []\ndef run(ctx, input): L.append(1)\n", "failed", "test.star:2:30: append: cannot append to frozen list", "test.star:2:30 in run"},
		{"too much memory", "def run(ctx, input):\n    l = [0]\n    while True: l += l\n", "limit_exceeded", "the code keeps and builds more than 67108864 bytes", "test.star:3:19 in run"},
		{"too deep an input", "def run(ctx, input): pass\n", "failed", "input: invalid JSON at byte 202: nested deeper than 200 levels", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			input := "{}"
			if c.name == "too deep an input" {
				input = strings.Repeat("[", 1000) + strings.Repeat("]", 1000)
			}
			e := failure(t, c.source, input)
			var details struct{ Stack []string }
			if err := json.Unmarshal(e.Details, &details); err != nil {
				t.Error(err)
			}
			if e.Kind != c.kind || e.Message != c.message || strings.Join(details.Stack, "|") != c.stack {
				t.Errorf("got\n%s: %s %s\nwant\n%s: %s %s", e.Kind, e.Message, strings.Join(details.Stack, "|"), c.kind, c.message, c.stack)
			}
		})
	}
}

// The attacks of safety_test.go end a turn as they end a top level; the ones here need a run. A
// turn that asks for more than an entry carries is cut, and the run goes on until its history is
// full: that limit belongs to the state machine, not to the turn.
func TestAttacksOnTurns(t *testing.T) {
	for name, source := range map[string]string{
		"handlers":   "def run(ctx, input):\n    i = 0\n    while True:\n        i += 1\n        ctx.on_query(str(i), len)\n",
		"futures":    "def run(ctx, input):\n    while True: ctx.start_signal(\"a\")\n",
		"children":   "def run(ctx, input):\n    while True: ctx.start_child(\"a\")\n",
		"signals":    "def run(ctx, input):\n    while True: ctx.signal_workflow(\"a\", \"b\")\n",
		"attributes": "def run(ctx, input):\n    while True: ctx.set_attributes({\"a\": 1})\n",
		"payloads":   "def run(ctx, input):\n    x = \"x\" * 1000000\n    while True: ctx.signal_workflow(\"a\", \"b\", x)\n",
		"races":      "def run(ctx, input):\n    f = [ctx.start_timer(\"1h\") for i in range(9000)]\n    while True: ctx.all([ctx.start_signal(\"a\", \"0s\")] + f) if False else ctx.log(\"x\" * 60000)\n",
		"cancels":    "def run(ctx, input):\n    while True: ctx.start_timer(\"1h\").cancel()\n",
	} {
		w := runtimetest.NewWorld(t, compile(t, source), runtimetest.Member, "null", runtime.Limits{})
		step := w.Turn()
		if step.Cut {
			continue
		}
		failed, ok := step.Asked[len(step.Asked)-1].(*history.WorkflowFailed)
		if !ok || failed.Error.Kind != history.KindLimit && name != "handlers" {
			t.Errorf("%s ends neither with its turn nor with its run: %d events, the last %#v", name, len(step.Asked), step.Asked[len(step.Asked)-1])
		}
	}
}

// broken is a host with a defect.
type broken struct{ runtime.Host }

func (broken) Now() history.Time { panic("no clock") }

// A defect of the runtime is not an outcome of the code.
func TestCrash(t *testing.T) {
	p := compile(t, "def run(ctx, input): ctx.now()\n")
	e := p.Start(runtimetest.Member, nil, broken{}, runtime.Limits{})
	defer e.Close()
	_, err := e.Resume(true)
	var crash *runtime.Crash
	if !errors.As(err, &crash) || crash.Value != "no clock" || !strings.Contains(string(crash.Stack), "broken.Now") {
		t.Errorf("got %v", err)
	}
	if _, err := e.Resume(true); err == nil {
		t.Error("an execution is usable after a crash")
	}
}

// An execution may be closed before it runs, while it is parked, and repeatedly.
func TestClose(t *testing.T) {
	p := compile(t, "def run(ctx, input):\n    for i in range(3): ctx.signal(\"a\")\n")
	p.Start(runtimetest.Member, nil, broken{}, runtime.Limits{}).Close()
	w := runtimetest.NewWorld(t, p, runtimetest.Member, "null", runtime.Limits{})
	w.Turn()
	w.Machine.Close()
	w.Machine.Close()
}

// A future has one value, and outcomes are as documented.
func TestFutures(t *testing.T) {
	w := runtimetest.NewWorld(t, compile(t, `
def run(ctx, input):
    f = ctx.start_signal("a")
    if f.done: fail("done")
    v = f.result()
    v["x"] = 1
    o = f.outcome()
    if f.result() != {"x": 1} or not f.done or not o.ok or o.value != v or o.error != None: fail(str(o))
    late = ctx.start_signal("b", timeout = "1s").outcome()
    if late.ok or late.value != None or late.error.kind != "timeout" or late.error.retryable or late.error.details != None: fail(str(late))
    if ctx.all([]) != [] or ctx.settled([]) != []: fail()
    if dir(f) != ["cancel", "done", "outcome", "result"]: fail(str(dir(f)))
    return [str(o), hasattr(o, "ok"), type(o), o == f.outcome(), o != late]
`), runtimetest.Member, "null", runtime.Limits{})
	w.Turn()
	w.Turn(&history.SignalReceived{Name: "a", Payload: history.Payload("{}")})
	step := w.Turn(&history.TimerFired{ID: 2})
	want := `WorkflowCompleted {"result":["struct(error = None, ok = True, value = {\"x\": 1})",true,"struct",true,true]}` + "\n"
	if got := runtimetest.Show(t, step.Asked); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Concurrent runs of one program share its frozen globals.
func TestRunsShareAProgram(t *testing.T) {
	p := compile(t, `
TABLE = {"a": [1, 2, 3]}
def run(ctx, input):
    total = 0
    for i in range(1000):
        for x in TABLE["a"]: total += x
    return total
`)
	done := make(chan string)
	for range 4 {
		go func() {
			w := runtimetest.NewWorld(t, p, runtimetest.Member, "null", runtime.Limits{})
			done <- runtimetest.Show(t, w.Turn().Asked)
		}()
	}
	for range 4 {
		if got := <-done; got != `WorkflowCompleted {"result":6000}`+"\n" {
			t.Error(got)
		}
	}
}
