package wasm_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
)

// TestHostileScripts: code that never ends, takes what it can get, lies or breaks what it runs on
// ends its run, with the same words compiled and interpreted, and nothing else.
func TestHostileScripts(t *testing.T) {
	const bundle = `new Function(JSON.parse(text))()`
	programs := []runtime.Program{
		script(t, newRoom(t, wasm.Config{}), running(bundle), "run", "x"),
		script(t, newRoom(t, wasm.Config{Interpret: true}), running(bundle), "run", "x"),
	}
	for want, code := range map[string]string{
		"steps (a loop)":               `for (;;) {}`,
		"steps (caught)":               `for (;;) { try { for (;;) {} } catch {} finally {} }`,
		"steps (promises)":             `const f = () => Promise.resolve().then(f); f()`,
		"steps (a regular expression)": `/^(a+)+$/.test("a".repeat(40) + "b")`,
		"steps (large numbers)":        `let n = 3n; for (;;) n *= n`,
		"steps (sorting)":              `for (;;) [3, 1, 2].sort(() => 1)`,
		"steps (generated code)":       `for (;;) new Function("return 1")()`,
		"steps (calls of the host)":    `for (;;) aion.now()`,
		"too deep":                     `const f = () => f() + 1; f()`,
		"too deep (caught)":            `const f = () => { try { return f() + 1 } catch { return 0 } finally { f() } }; f()`,
		"too deep (getters)":           `const o = { get x() { return this.x } }; o.x`,
		"too deep (a text)":            `JSON.parse("[".repeat(100000))`,
		"too deep (code)":              `new Function("(".repeat(10000))`,
		"keeps more than (arrays)":     `const a = []; for (;;) a.push(new Uint8Array(1e6))`,
		"steps (one)":                  `new Uint8Array(1e9)`,
		"keeps more than (caught)":     `const a = []; for (;;) { try { a.push(new Uint8Array(1e6)) } catch {} }`,

		"aion.start: argument 1 is no number":                             `aion.start("4", "{}")`,
		"aion.start: argument 1 is no number (none)":                      `aion.start()`,
		"aion.start: argument 2 is no text":                               `aion.start(4, {1: "x"})`,
		"aion.start: argument 2 is no text (an object of texts)":          `aion.start(4, new String("{}"))`,
		"aion.start: argument 2 is no text (a lie)":                       `aion.start(4, { toString() { for (;;) {} } })`,
		"aion.start: argument 1 is 1.5, which is no whole number":         `aion.start(1.5, "{}")`,
		"aion.start: argument 1 is NaN, which is no whole number":         `aion.start(NaN, "{}")`,
		"aion.start: argument 1 is -1, which is no whole number":          `aion.start(-1, "{}")`,
		"aion.start: argument 1 is 9.007199254740992e+15":                 `aion.start(2 ** 53, "{}")`,
		"start has kind 99":                                               `aion.start(99, "{}")`,
		"aion.start: the record is no JSON object":                        `aion.start(1, "[1]")`,
		"aion.start: the record has a field \"2\" that is not known here": `aion.start(1, '{"2":1}')`,
		"aion.start: the record has a field \"x\" that is not known here": `aion.start(1, '{"x":1}')`,
		"aion.start: the record has no whole number in field 1":           `aion.start(1, '{"1":1.5}')`,
		"aion.start: the record has no text in field 1":                   `aion.start(2, '{"1":7}')`,
		"aion.start: the record has no list in field 24":                  `aion.start(4, '{"24":"x"}')`,
		"start: on cancel is \"wait\"":                                    `aion.start(1, '{"1":1,"8":"wait"}')`,
		"start: the record has a payload in field 3 that is no JSON":      `aion.start(4, '{"3":nope}')`,
		"start: the record has field 1 behind field 2":                    `aion.start(4, '{"2":"x","1":"y"}')`,
		"start: the record repeats field 1":                               `aion.start(4, '{"1":"x","1":"y"}')`,
		"aion.wait: \"x\" is no ordinal":                                  `aion.wait(1, 0, "1,x")`,
		"aion.wait: argument 3 is no number or text":                      `aion.wait(1, 0, [1])`,
		"aion.wait: argument 3 is -1, which is no whole number":           `aion.wait(1, 0, -1)`,
		"it waits with mode 6":                                            `aion.wait(1, 6, "")`,
		"future 0 is not of this run":                                     `aion.wait(1, 0, "0")`,
		"future 7 is not of this run":                                     `aion.wait(1, 0, 7)`,
		"future 999 is not of this run":                                   `aion.cancel(999)`,
		"holds is called outside of check":                                `aion.holds(1)`,
		"handle has kind 9":                                               `aion.handle(9, "x")`,
		"there is no code with token 5":                                   `aion.done(5, 0, "1")`,
		"done: the value is no JSON":                                      `aion.done(0, 0, "{")`,
		"aion.done: the record has a field \"9\"":                         `aion.done(0, 1, '{"9":1}')`,
		"nobody waits for an answer":                                      `aion.answer(0, "1")`,
		"tell has kind 9":                                                 `aion.tell(9, "{}")`,
		"1 names of attributes and 0 values":                              `aion.tell(2, '{"1":["a"]}')`,
		"continue: the value is no JSON":                                  `aion.continue(0, "{")`,
		"aion.stack: argument 1 is no text":                               `aion.stack(new Error("x"))`,
		"aion.log: argument 1 is no text":                                 `aion.log(1)`,
		"aion.cancelled: argument 1 is no number":                         `aion.cancelled()`,
		"TypeError: not a function":                                       `aion.gone()`,
		"an error that cannot be told":                                    `throw { get message() { throw 1 }, toJSON() { throw 2 } }`,
		"Error: \\u0000\uFFFD":                                            `throw "Error: \0\ud800"`,
		"undefined":                                                       `throw undefined`,
		"Symbol(x)":                                                       `throw Symbol("x")`,
		`{"kind":"failed","message":"1"}`:                                 `for (const o of [Object, Function, Array, String, Promise, Error, JSON, Map]) { for (const p of [o, o.prototype]) { if (p) for (const k of Reflect.ownKeys(p)) { try { p[k] = () => { throw 1 } } catch {} } } } throw "no prototypes"`,
		"could not be told":                                               `aion.done = undefined; globalThis.aion = undefined; throw new Error("could not be told")`,
		"the code waits for nothing that can come":                        `aion.enter = undefined`,
	} {
		t.Run(want, func(t *testing.T) {
			limits := runtime.Limits{Steps: 100_000, Pending: 10, MemoryBytes: 16 << 20}
			if strings.HasPrefix(want, "too deep") {
				limits.Steps = 10_000_000
			}
			input, err := json.Marshal(code)
			if err != nil {
				t.Fatal(err)
			}
			var got [2]string
			for n, p := range programs {
				w := runtimetest.NewWorld(t, p, member, string(input), limits)
				got[n] = runtimetest.Show(t, w.Turn().Asked)
				w.Rebuild().Close()
				w.Machine.Close()
			}
			text, _, note := strings.Cut(want, " (")
			if !note {
				text = want
			}
			if !strings.Contains(got[0], "WorkflowFailed") || !strings.Contains(strings.ReplaceAll(got[0], `\"`, `"`), text) {
				t.Errorf("got %s", got[0])
			}
			if got[0] != got[1] {
				t.Errorf("interpreted: %s", got[1])
			}
		})
	}
}

// What is wrong with a script is said of it when it is deployed.
func TestRefusesScripts(t *testing.T) {
	r := scriptRoom(t, wasm.Config{})
	for want, bundle := range map[string]string{
		"test.js: it does not set aion.enter to a function":                           `1`,
		"test.js: it does not set aion.enter to a function (of a text)":               `aion.enter = "x"`,
		"test.js: SyntaxError: ":                                                      `const = 1`,
		"test.js: no, at test.js:2 in f":                                              "function f() {\n throw new Error('no') }\nf()",
		"test.js: 7":                                                                  `Promise.reject(7); ` + running(""),
		"test.js: the turn makes more than 150000 steps":                              `for (;;) {}`,
		"test.js: the code keeps more than 67108864 bytes":                            `const a = []; for (;;) a.push(new Uint8Array(1e6))`,
		"test.js: the calls of the code are too deep":                                 `const f = () => f() + 1; f()`,
		"test.js: the guest broke its contract: aion.info is called outside of a run": `aion.info()`,
		"test.js: it does not describe itself: describe ends without answer":          `aion.enter = () => {}`,
		"test.js: it does not describe itself: failed: x":                             `aion.enter = () => aion.answer(1, '{"2":"x"}')`,
		"aion.answer: the record has no list in field 1":                              `aion.enter = () => aion.answer(0, '{"1":"run"}')`,
		"is not registered; the module has [\"run\"]":                                 running(""),
	} {
		_, err := wasm.Compiler{Room: r, Limits: runtime.Limits{Steps: 150_000}}.Compile(context.Background(), scriptArchive(t, bundle, "other", nil))
		text, _, _ := strings.Cut(want, " (")
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	a := scriptArchive(t, running(""), "run", nil, catalog.Module{Name: "test.js.map", Source: []byte("{}")})
	if _, err := (wasm.Compiler{Room: r}).Compile(context.Background(), a); err == nil || !strings.Contains(err.Error(), "test.js.map: the source map has version") {
		t.Errorf("a map: %v", err)
	}
	a = scriptArchive(t, running(""), "run", nil)
	a.Modules[0].Source = guestOf("").Bytes()
	if _, err := (wasm.Compiler{Room: r}).Compile(context.Background(), a); err == nil || !strings.Contains(err.Error(), "quickjs.wasm: is no interpreter that this engine knows") {
		t.Errorf("an interpreter: %v", err)
	}
}
