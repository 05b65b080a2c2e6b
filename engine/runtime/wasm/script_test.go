package wasm_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
	"aion.dev/aion/fsm/history"
)

func interpreter(t testing.TB) []byte {
	b, err := os.ReadFile("/tmp/tsroom/package/quickjs.wasm")
	if err != nil {
		t.Skip(err)
	}
	return b
}

func tryScript(t testing.TB, r *wasm.Room, bundle, function string, activities ...string) (runtime.Program, error) {
	return wasm.Compiler{Room: r, Limits: runtime.Limits{Steps: 1_500_000}}.Compile(context.Background(), &catalog.Archive{
		Manifest: catalog.Manifest{Format: 1, ABI: 2, Activities: activities,
			Workflows: []catalog.Workflow{{Type: "test", EntryModule: "test", EntryFunction: function}}},
		Version: catalog.Version{1},
		Modules: []catalog.Module{{Name: "quickjs.wasm", Source: interpreter(t)}, {Name: "test.js", Source: []byte(bundle)}},
	})
}

func script(t testing.TB, r *wasm.Room, bundle, function string, activities ...string) runtime.Program {
	t.Helper()
	p, err := tryScript(t, r, bundle, function, activities...)
	if err != nil {
		t.Fatalf("compile: %v", err)
	}
	return p
}

const small = `
(() => {
  const waiting = new Map();
  let next = 1;
  const settle = (id) => {
    const text = aion.state(id), value = JSON.parse(text.slice(1));
    if (text[0] === "1") return value;
    throw new Error(value[2]);
  };
  const wait = (id) => {
    const token = next++;
    if (aion.wait(token, 0, String(id)) !== -2) return Promise.resolve(settle(id));
    return new Promise((resolve, reject) => waiting.set(token, () => { try { resolve(settle(id)); } catch (e) { reject(e); } }));
  };
  const activity = (name, input) => wait(aion.start(4, JSON.stringify({1: name, 3: input})));
  const workflows = {
    noop: async (input) => input,
    compute: async (n) => { let x = 1; for (let i = 0; i < n; i++) x = (x * 31 + i) % 1000003; return x; },
    steps: async (n) => { let sum = 0; for (let i = 0; i < n; i++) sum += await activity("add", i); return sum; },
  };
  aion.enter = (op, token, at, text) => {
    if (op === 7) return aion.answer(0, JSON.stringify({1: Object.keys(workflows)}));
    if (op === 1) {
      const start = JSON.parse(text);
      workflows[start[1]](start[3]).then((r) => aion.done(0, 0, JSON.stringify(r)), (e) => aion.done(0, 1, JSON.stringify({2: e.message, 3: {stack: JSON.parse(aion.stack(e.stack))}})));
    }
    if (op === 2) { const f = waiting.get(token); waiting.delete(token); f(); }
  };
})();
`

func TestScript(t *testing.T) {
	for _, cfg := range []wasm.Config{{}, {Resident: 1}, {Interpret: true}} {
		p := script(t, newRoom(t, cfg), small, "steps", "add")
		m := catalog.Member{Type: "test", EntryModule: "test", EntryFunction: "steps"}
		w := runtimetest.NewWorld(t, p, m, "3", runtime.Limits{})
		other := runtimetest.NewWorld(t, p, m, "3", runtime.Limits{})
		asked := runtimetest.Show(t, w.Turn().Asked)
		for id := range uint64(3) {
			other.Turn()
			asked += runtimetest.Show(t, w.Turn(&history.ActivityCompleted{ID: id + 1, Result: history.Payload("7")}).Asked)
		}
		if !strings.Contains(asked, `WorkflowCompleted {"result":21}`) {
			t.Error(asked)
		}
		w.Rebuild().Close()
		w.Machine.Close()
		other.Machine.Close()
	}
}
