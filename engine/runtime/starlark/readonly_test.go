package starlark_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// Every way to change a value is refused for values that the run keeps, and allowed for values that
// the handler made. Whatever handlers try, the next one sees the same values.
func TestQueryHandlersOnlyRead(t *testing.T) {
	const state = `
def run(ctx, input):
    l, d, s = [3, 1, 2], {"a": [1]}, set([1, 2])
    deep = (1, {"x": [{"y": [0]}]})
    bound = l.append
    ctx.on_query("try", lambda: tried(ctx, l, d, s, deep, bound))
    ctx.on_query("see", lambda: [l, d, [x for x in s], list(deep)])
    ctx.signal("go")

def tried(ctx, l, d, s, deep, bound):
%s
    return "went on"
`
	try := func(t *testing.T, lines ...string) (answer string, err error) {
		t.Helper()
		body := "    " + strings.Join(lines, "\n    ")
		w := runtimetest.NewWorld(t, compile(t, fmt.Sprintf(state, body)), runtimetest.Member, "null", runtime.Limits{})
		w.Turn()
		see := func() string {
			got, err := w.Machine.Query(context.Background(), "see", nil)
			if err != nil {
				t.Fatal(err)
			}
			return string(got)
		}
		before := see()
		got, err := w.Machine.Query(context.Background(), "try", nil)
		if after := see(); after != before {
			t.Errorf("the run keeps %s, it kept %s", after, before)
		}
		return string(got), err
	}
	for _, line := range []string{
		`l.append(1)`, `l.clear()`, `l.extend([1])`, `l.insert(0, 1)`, `l.pop()`, `l.remove(1)`, `l[0] = 1`, `l[0] += 1`, `l += [1]`,
		`d["b"] = 1`, `d["a"] = 1`, `d["a"] += [2]`, `d.clear()`, `d.pop("a")`, `d.popitem()`, `d.setdefault("b", 1)`, `d.update(b = 1)`, `d |= {"b": 1}`,
		`d["a"].append(2)`, `d["a"][0] = 2`,
		`s.add(3)`, `s.clear()`, `s.discard(1)`, `s.pop()`, `s.remove(1)`, `s.update([3])`,
		`deep[1]["z"] = 1`, `deep[1]["x"][0]["y"].append(1)`, `deep[1]["x"][0]["y"] += [1]`,
		`bound(1)`, `getattr(l, "append")(1)`, `[f(1) for f in [l.append]]`, `mine = [l]; mine[0].append(1)`, `mine = l; mine.append(1)`,
		`for l[0] in [7]: pass`, `l[0], x = 1, 2`, `(lambda: l.append(1))()`, `sorted([1], key = l.append)`,
	} {
		if answer, err := try(t, line); !readOnly(err) {
			t.Errorf("%s: got %s, %v", line, answer, err)
		}
		// Other handlers change their own values first; what the run keeps is still known.
		if answer, err := try(t, `own = [1]`, `own.append(2)`, line); !readOnly(err) {
			t.Errorf("%s after a change of its own: got %s, %v", line, answer, err)
		}
	}
	for _, line := range []string{
		`l = list(l); l.append(1); l[0] = 1; l += [1]; l.sort() if hasattr(l, "sort") else None`, `d = dict(d); d["b"] = 1; d |= {"c": 2}; d.pop("b")`,
		`s = set(s); s.add(3); s.clear()`, `x = sorted(l); x.pop()`, `x = l + [1]; x.append(1)`, `x = [i for i in l]; x.clear()`, `x = {k: v for k, v in d.items()}; x["n"] = 1`,
		`x = json.decode("[1]"); x.append(1)`, `x = d.keys(); x.append("z")`, `x = l[1:]; x.append(1)`, `x = list(deep); x.append(1)`, `x = [[]]; x[0].append(l)`,
	} {
		if answer, err := try(t, line); err != nil || answer != `"went on"` {
			t.Errorf("%s: got %s, %v", line, answer, err)
		}
	}
}

func readOnly(err error) bool {
	failed := (*replay.QueryFailed)(nil)
	return errors.As(err, &failed) && strings.Contains(failed.Err.Message, "a query handler only reads")
}

// A handler that could keep what it builds would fill the node's memory, query by query.
func TestQueriesKeepNoMemory(t *testing.T) {
	w := runtimetest.NewWorld(t, compile(t, `
def run(ctx, input):
    kept, got = [], ctx.start_signal("big")
    ctx.on_query("grow", lambda: kept.append("x" * 1000000) or len(kept))
    ctx.on_query("build", lambda: len("x" * 1000000))
    ctx.on_query("result", lambda: len(got.result()) + len(got.outcome().value))
    ctx.on_query("again", lambda: ctx.on_query("z", lambda: 1))
    ctx.signal("go")
`), runtimetest.Member, "null", runtime.Limits{})
	w.Turn()
	w.Turn(&history.SignalReceived{Name: "big", Payload: history.Payload(`"` + strings.Repeat("y", 100_000) + `"`)})
	before := w.Machine.Memory()
	for range 100 {
		for name, want := range map[string]string{"grow": "", "build": "1000000", "result": "200000", "again": ""} {
			got, err := w.Machine.Query(context.Background(), name, nil)
			if string(got) != want || want == "" && !readOnly(err) {
				t.Fatalf("%s: got %s, %v", name, got, err)
			}
		}
	}
	if after := w.Machine.Memory(); after != before {
		t.Errorf("%d bytes are kept, %d were before the queries", after, before)
	}
}
