package wasm_test

import (
	"context"
	"fmt"
	"os"
	goruntime "runtime"
	"strings"
	"sync"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/project"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
	"aion.dev/aion/fsm/history"
)

// interpreter is the module that runs scripts. Where it cannot be had, the test does not run.
var interpreter = sync.OnceValues(project.Interpreter)

// scriptArchive is a package of a script, with files beside it.
func scriptArchive(t testing.TB, bundle, function string, activities []string, more ...catalog.Module) *catalog.Archive {
	t.Helper()
	code, err := interpreter()
	if err != nil {
		t.Skipf("NOT TESTED: %v", err)
	}
	return &catalog.Archive{
		Manifest: catalog.Manifest{Format: 1, ABI: 2, Activities: activities,
			Workflows: []catalog.Workflow{{Type: "test", EntryModule: "test", EntryFunction: function}}},
		Version: catalog.Version{1},
		Modules: append([]catalog.Module{{Name: catalog.Interpreter, Source: code}, {Name: "test.js", Source: []byte(bundle)}}, more...),
	}
}

// script makes a program of a script.
func script(t testing.TB, r *wasm.Room, bundle, function string, activities ...string) runtime.Program {
	t.Helper()
	return scriptDriver(t, r, catalog.Driver, bundle, function, activities...)
}

// scriptDriver is script for a package whose scripts have that driver.
func scriptDriver(t testing.TB, r *wasm.Room, driver int, bundle, function string, activities ...string) runtime.Program {
	t.Helper()
	a := scriptArchive(t, bundle, function, activities)
	a.Manifest.Driver = driver
	p, err := wasm.Compiler{Room: r, Limits: runtime.Limits{Steps: 150_000}}.Compile(context.Background(), a)
	if err != nil {
		t.Fatalf("compile: %v", err)
	}
	return p
}

// scriptRoom makes a room in which the interpreter is compiled once.
func scriptRoom(t testing.TB, cfg wasm.Config) *wasm.Room {
	r := newRoom(t, cfg)
	p := script(t, r, running(""), "run")
	t.Cleanup(func() { goruntime.KeepAlive(p) })
	return r
}

// small are the workflows of testdata/bench in JavaScript, without the SDK.
func small(t testing.TB) string {
	b, err := os.ReadFile("testdata/script/small.js")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// running is a script that begins with code.
func running(code string) string {
	return `aion.enter = (op, token, at, text, name) => { if (op === 7) aion.answer(0, '{"1":["run"]}'); else if (op === 1) {` + code + `} }`
}

// A script waits, goes on, is parked and rebuilt, compiled and interpreted.
func TestScript(t *testing.T) {
	for _, cfg := range []wasm.Config{{}, {Resident: 1}, {Interpret: true}} {
		p := script(t, newRoom(t, cfg), small(t), "steps", "add")
		m := catalog.Member{Type: "test", EntryModule: "test", EntryFunction: "steps"}
		w := runtimetest.NewWorld(t, p, m, "3", runtime.Limits{})
		other := runtimetest.NewWorld(t, p, m, "3", runtime.Limits{})
		other.Turn()
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

// What a script asked for is freed: no memory is left over from a hundred thousand calls of the
// host, and of steps.
func TestScriptLeaksNothing(t *testing.T) {
	room := newRoom(t, wasm.Config{})
	size := func(function string, rounds int) int {
		spy := &wasm.Spy{Program: script(t, room, small(t), function, "add"), Only: true}
		w := runtimetest.NewWorld(t, spy, catalog.Member{Type: "test", EntryModule: "test", EntryFunction: function}, fmt.Sprint(rounds), runtime.Limits{Steps: 1_000_000_000})
		defer func() { w.Machine.Close() }()
		w.Turn()
		if function == "steps" {
			for id := range uint64(rounds - 1) {
				w.Turn(&history.ActivityCompleted{ID: id + 1, Result: history.Payload("7")})
			}
		}
		return spy.Size
	}
	for function, rounds := range map[string]int{"ping": 25_000, "steps": 20_000} {
		if few, many := size(function, 100), size(function, rounds); many > few {
			t.Errorf("%s: the memory has %d bytes after 100 rounds, and %d after %d", function, few, many, rounds)
		}
	}
}

// An interpreter that several packages carry is compiled once.
func TestScriptsShareTheInterpreter(t *testing.T) {
	room := newRoom(t, wasm.Config{})
	one := script(t, room, running(`aion.done(0, 0, "1")`), "run")
	two := script(t, room, running(`aion.done(0, 0, "2")`), "run")
	if n := room.Modules(); n != 1 {
		t.Errorf("%d modules are compiled", n)
	}
	for want, p := range map[string]runtime.Program{"1": one, "2": two} {
		w := runtimetest.NewWorld(t, p, member, "", runtime.Limits{})
		if got := runtimetest.Show(t, w.Turn().Asked); got != `WorkflowCompleted {"result":`+want+"}\n" {
			t.Error(got)
		}
		w.Machine.Close()
	}
}

// A rejection that nobody handles fails the run, and one that is handled before code waits does
// not.
func TestScriptRejections(t *testing.T) {
	room := scriptRoom(t, wasm.Config{})
	for code, want := range map[string]string{
		`Promise.reject(new TypeError("no"))`:                                                              `WorkflowFailed {"error":{"kind":"unhandled_rejection","message":"TypeError: no","details":{"stack":["test.js:1"]}}}`,
		`Promise.reject(7); aion.done(0, 0, "1")`:                                                          `WorkflowFailed {"error":{"kind":"unhandled_rejection","message":"7"}}`,
		`const p = Promise.reject(7); Promise.resolve().then(() => p.catch(() => aion.done(0, 0, "1")))`:   `WorkflowCompleted {"result":1}`,
		`(async () => { throw { code: 5 } })()`:                                                            `WorkflowFailed {"error":{"kind":"unhandled_rejection","message":"{\"code\":5}"}}`,
		`aion.done(0, 1, '{"1":"mine","2":"x"}'); Promise.reject(7)`:                                       `WorkflowFailed {"error":{"kind":"mine","message":"x"}}`,
		`import("fs").then(() => aion.done(0, 0, "1"), (e) => aion.done(0, 0, JSON.stringify(String(e))))`: `WorkflowCompleted {"result":"ReferenceError: could not load module 'fs'"}`,
		``:                      `WorkflowFailed {"error":{"kind":"stuck","message":"the code waits for nothing that can come"}}`,
		`new Promise(() => {})`: `WorkflowFailed {"error":{"kind":"stuck","message":"the code waits for nothing that can come"}}`,
	} {
		w := runtimetest.NewWorld(t, script(t, room, running(code), "run"), member, "", runtime.Limits{})
		if got := strings.TrimSpace(runtimetest.Show(t, w.Turn().Asked)); got != want {
			t.Errorf("%s:\n%s, want\n%s", code, got, want)
		}
		w.Rebuild().Close()
		w.Machine.Close()
	}
}

// Queries and validations see a copy, and say so if they wait.
func TestScriptAnswers(t *testing.T) {
	bundle := `let n = 0; aion.enter = (op, token, at, text, name) => { switch (op) {
  case 1: aion.handle(3, "count"); aion.handle(3, "waits"); aion.handle(3, "asks"); aion.handle(3, "late"); aion.handle(1, "x"); break;
  case 5: {
    if (name === "count") aion.answer(0, String(++n));
    if (name === "late") Promise.resolve().then(() => aion.answer(0, '"late"'));
    if (name === "asks") aion.start(1, '{"1":1}');
    break;
  }
  case 7: aion.answer(0, '{"1":["run"]}');
} }`
	w := runtimetest.NewWorld(t, script(t, newRoom(t, wasm.Config{}), bundle, "run"), member, "", runtime.Limits{})
	defer func() { w.Machine.Close() }()
	w.Turn()
	for range 2 {
		for name, want := range map[string]string{"count": "1 <nil>", "late": `"late" <nil>`, "waits": " query \"waits\" failed: a query handler only reads: it waits for something"} {
			got, err := w.Query(name, "")
			if text := fmt.Sprintf("%s %v", got, err); text != want {
				t.Errorf("%s: %s", name, text)
			}
		}
		if _, err := w.Query("asks", ""); err == nil {
			t.Error("a query starts a timer")
		}
	}
}

// A large script is evaluated within the limits of a node, which are for what it does.
func TestLargeScript(t *testing.T) {
	var b strings.Builder
	for i := 0; b.Len() < 3<<20; i++ {
		fmt.Fprintf(&b, "function f%[1]d(a, b) {\n  const list = [a, b, %[1]d];\n  return list.map((x) => x + %[1]d).join(\",\");\n}\n", i)
	}
	b.WriteString(running(`aion.done(0, 0, JSON.stringify(f7(1, 2)))`))
	room := newRoom(t, wasm.Config{})
	p, err := wasm.Compiler{Room: room}.Compile(context.Background(), scriptArchive(t, b.String(), "run", nil))
	if err != nil {
		t.Fatal(err)
	}
	w := runtimetest.NewWorld(t, p, member, "", runtime.Limits{})
	defer w.Machine.Close()
	if got := runtimetest.Show(t, w.Turn().Asked); got != `WorkflowCompleted {"result":"8,9,14"}`+"\n" {
		t.Error(got)
	}
}
