package starlark_test

import (
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// turns runs source with 8 MiB of memory for at most n turns, each with a signal "a". It returns
// the turn that ran out of memory; 0 if none did.
func turns(t *testing.T, source string, n int) int {
	t.Helper()
	return turnsOf(t, 1, source, n)
}

// turnsOf is turns for code of an abi.
func turnsOf(t *testing.T, abi int, source string, n int) int {
	t.Helper()
	const big = "def big(): return \"x\" * (1 << 20)\n" // a little more than a MiB
	w := runtimetest.NewWorld(t, compileOf(t, abi, big+source), runtimetest.Member, "null", runtime.Limits{MemoryBytes: 8 << 20})
	defer func() { w.Machine.Close() }()
	w.Turn()
	for i := range n {
		step := w.Turn(&history.SignalReceived{Name: "a", Payload: history.Payload(`"` + strings.Repeat("y", 1000) + `"`)})
		if !step.Closes {
			continue
		}
		if failed, ok := step.Asked[len(step.Asked)-1].(*history.WorkflowFailed); ok {
			if failed.Error.Kind != history.KindLimit {
				t.Fatalf("turn %d failed otherwise: %v", i+1, failed.Error.Message)
			}
			return i + 1
		}
		return 0
	}
	return 0
}

// Waits free what a run has let go, so a run may live forever.
func TestMemoryIsForgotten(t *testing.T) {
	for name, source := range map[string]string{
		"a local variable":     "def run(ctx, input):\n    while True:\n        x = big()\n        ctx.signal(\"a\")\n",
		"what a call returned": "def run(ctx, input):\n    while True:\n        if len(big()) == 0: fail()\n        ctx.signal(\"a\")\n",
		"payloads":             "def run(ctx, input):\n    while True:\n        for i in range(300): big2 = ctx.signal(\"a\")\n",
		"in a function":        "def step(ctx):\n    x = big()\n    return ctx.signal(\"a\")\ndef run(ctx, input):\n    while True: step(ctx)\n",
		"shared by closures":   "def run(ctx, input):\n    state = {\"x\": None}\n    ctx.on_query(\"q\", lambda: state)\n    while True:\n        state[\"x\"] = big()\n        ctx.signal(\"a\")\n",
		"in a loop":            "def run(ctx, input):\n    while True:\n        for x in [big()]:\n            ctx.signal(\"a\")\n",
		"a future":             "def run(ctx, input):\n    while True:\n        x = big()\n        ctx.race([ctx.start_signal(\"a\"), ctx.start_timer(\"1h\")])\n",
	} {
		if at := turns(t, source, 400); at != 0 {
			t.Errorf("%s: failed in turn %d", name, at)
		}
	}
}

// What a run keeps stays accounted for, wherever it is.
func TestMemoryIsRemembered(t *testing.T) {
	for name, source := range map[string]string{
		"in a list":             "def run(ctx, input):\n    l = []\n    while True:\n        l.append(big())\n        ctx.signal(\"a\")\n",
		"in a cell":             "def run(ctx, input):\n    l = []\n    f = lambda: l\n    while True:\n        f().append(big())\n        ctx.signal(\"a\")\n",
		"behind a closure":      "def keep(x): return lambda: x\ndef run(ctx, input):\n    f = None\n    while True:\n        f = keep((f, big()))\n        ctx.signal(\"a\")\n",
		"behind a default":      "def run(ctx, input):\n    f = None\n    while True:\n        def g(x = (f, big())): return x\n        f = g\n        ctx.signal(\"a\")\n",
		"behind a method":       "def run(ctx, input):\n    f = None\n    while True:\n        f = [f, big()].append\n        ctx.signal(\"a\")\n",
		"in a query handler":    "def run(ctx, input):\n    for i in range(900):\n        x = [big()]\n        ctx.on_query(\"q%d\" % i, (lambda x: lambda: x)(x))\n        ctx.signal(\"a\")\n",
		"in arguments":          "def run(ctx, input):\n    f(" + strings.Repeat("big(), ctx.signal(\"a\"), ", 20) + "1)\ndef f(*args): pass\n",
		"in operands":           "def run(ctx, input):\n    x = 0\n    x = " + strings.Repeat("len(big() + (ctx.signal(\"a\") or \"\") + ", 20) + "\"\"" + strings.Repeat(")*\"\"", 20) + "\n",
		"in a list display":     "def run(ctx, input):\n    x = [" + strings.Repeat("big(), ctx.signal(\"a\"), ", 20) + "]\n",
		"in a dict display":     "def run(ctx, input):\n    x = {" + kv(20) + "}\n",
		"in a comprehension":    "def run(ctx, input):\n    x = [(big(), ctx.signal(\"a\")) for i in range(100)]\n",
		"in iterators":          "def run(ctx, input):\n" + loops(20) + "\n",
		"in inner iterators":    "def run(ctx, input):\n    x = [0 " + strings.Repeat("for x in [big()] for y in [ctx.signal(\"a\")] ", 20) + "]\n",
		"in callers":            callers(20),
		"in receivers":          "def run(ctx, input):\n    x = " + strings.Repeat("[big()].index(ctx.signal(\"a\") and ", 20) + "0" + strings.Repeat(")", 20) + "\n",
		"in subscripts":         "def run(ctx, input):\n    x = " + strings.Repeat("{big(): 0}[ctx.signal(\"a\") and ", 20) + "0" + strings.Repeat("]", 20) + "\n",
		"in right sides":        "def run(ctx, input):\n    l = [0]\n    l[f(ctx, 20)] = big()\ndef f(ctx, n):\n    x = [0]\n" + strings.Repeat("    x.append([big(), ctx.signal(\"a\")])\n", 20) + "    return 0\n",
		"in sorted":             "def run(ctx, input):\n    sorted([big() for i in range(5)], key = lambda x: ctx.signal(\"a\") + big())\n",
		"in a cleared list":     "def run(ctx, input):\n    l = []\n    while True:\n        k = [0] * 100000\n        k.clear()\n        l.append(k)\n        ctx.signal(\"a\")\n",
		"in a popped list":      "def run(ctx, input):\n    l = []\n    while True:\n        k = [0] * 20000\n        for i in range(20000): k.pop()\n        l.append(k)\n        ctx.signal(\"a\")\n",
		"in a cleared dict":     "def run(ctx, input):\n    l = []\n    while True:\n        k = {i: i for i in range(10000)}\n        k.clear()\n        l.append(k)\n        ctx.signal(\"a\")\n",
		"in a cleared set":      "def run(ctx, input):\n    l = []\n    while True:\n        k = set(range(10000))\n        k.clear()\n        l.append(k)\n        ctx.signal(\"a\")\n",
		"in tuples that share":  "def run(ctx, input):\n    l = []\n    while True:\n        t = (1,) * 50000\n        l.append(t[1:])\n        ctx.signal(\"a\")\n",
		"in elems":              "def run(ctx, input):\n    l = []\n    while True:\n        l.append(big().elems())\n        ctx.signal(\"a\")\n",
		"in code points":        "def run(ctx, input):\n    l = []\n    while True:\n        l.append(big().codepoints())\n        ctx.signal(\"a\")\n",
		"in futures not waited": "def run(ctx, input):\n    l = []\n    while True:\n        l.append(ctx.start_signal(\"b\"))\n        x = big()\n        l.append(x)\n        ctx.signal(\"a\")\n",
	} {
		if at := turns(t, source, 200); at == 0 {
			t.Errorf("%s: never failed", name)
		}
	}
}

func kv(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d: [big(), ctx.signal(\"a\")], ", i)
	}
	return b.String()
}

// loops nests loops. Each iterates over something large that the loop's variable does not hold.
func loops(n int) string {
	var b strings.Builder
	for i := range n {
		indent := strings.Repeat(" ", 4+i)
		fmt.Fprintf(&b, "%sfor x in [0, big()]:\n%s ctx.signal(\"a\")\n", indent, indent)
	}
	return b.String()
}

// callers nests calls, each with something large on the caller's operand stack.
func callers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "def f%d(ctx):\n    ctx.signal(\"a\")\n    return [big(), f%d(ctx)]\n", i, i+1)
	}
	fmt.Fprintf(&b, "def f%d(ctx): return ctx.signal(\"a\")\ndef run(ctx, input): f0(ctx)\n", n)
	return b.String()
}

// A small piece of a large value must not keep all of it alive, because the account counts only the
// piece.
func TestPiecesAreCopied(t *testing.T) {
	for name, piece := range map[string]string{
		"index": "s[5]", "slice": "s[5:9]", "step": "s[5:9:2]", "strip": "(\" \" + s).strip()[0:1]", "split": "(\"a b\" + s).split(\" \")[0]", "partition": "(\"a,\" + s).partition(\",\")[0]",
		"removesuffix": "(\"a\" + s).removesuffix(s)", "elems": "list(s[0:5].elems())[0]", "splitlines": "(\"a\\n\" + s).splitlines()[0]", "tuple": "((1,) * 100000)[0:1]",
	} {
		// 200 pieces of strings of 1 MiB each: a heap that kept the strings would have 200 MiB,
		// while the account counts small pieces.
		source := "def run(ctx, input):\n    l = []\n    for i in range(200):\n        s = big()\n        l.append(" + piece + ")\n        s = None\n        ctx.signal(\"a\")\n    return len(l)\n"
		const most = 64 << 20
		before := heap()
		w := runtimetest.NewWorld(t, compile(t, "def big(): return \"x\" * (1 << 20)\n"+source), runtimetest.Member, "null", runtime.Limits{MemoryBytes: 16 << 20})
		w.Turn()
		for range 199 {
			if step := w.Turn(&history.SignalReceived{Name: "a"}); step.Closes {
				t.Fatalf("%s: %s", name, runtimetest.Show(t, step.Asked))
			}
		}
		if grown := int64(heap()) - int64(before); grown > most {
			t.Errorf("%s: the run holds %d MiB", name, grown>>20)
		}
		w.Machine.Close()
	}
}

// Deep calls keep what their variables hold, and give it back.
func TestMemoryOfRecursion(t *testing.T) {
	for name, c := range map[string]struct {
		source string
		fails  bool
	}{
		"kept by callers": {"def f(ctx, n):\n    x = big()\n    ctx.signal(\"a\")\n    return f(ctx, n + 1) + len(x)\ndef run(ctx, input): f(ctx, 0)\n", true},
		"given back":      {"def f(ctx, n):\n    ctx.signal(\"a\")\n    return f(ctx, n - 1) if n else len(big())\ndef run(ctx, input):\n    while True: f(ctx, 30)\n", false},
		"in a record":     {"R = record(x = str, next = (any, None))\ndef run(ctx, input):\n    r = None\n    while True:\n        r = R(x = big(), next = r)\n        ctx.signal(\"a\")\n", true},
		"a record let go": {"R = record(x = str)\ndef run(ctx, input):\n    while True:\n        r = struct(a = R(x = big()))\n        ctx.signal(\"a\")\n", false},
	} {
		if at := turnsOf(t, 2, c.source, 200); (at != 0) != c.fails {
			t.Errorf("%s: ran out of memory in turn %d", name, at)
		}
	}
}
