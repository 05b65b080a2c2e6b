package wasm_test

import (
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
	"aion.dev/aion/fsm/history"
)

// resuming is a script that starts two timers, waits for the first, and does code when it has
// fired, in aion.resume.
func resuming(code string) string {
	return running(`aion.start(1, '{"1":1000000000}'); aion.start(1, '{"1":1000000000}'); aion.wait(0, 0, 1);`) +
		"; aion.resume = (token, state, told) => {" + code + "}"
}

// A script is told what became of a future as a value, and returns what it waits for next.
func TestScriptResumes(t *testing.T) {
	const steps = `let seen = [];
aion.enter = (op) => { if (op === 7) aion.answer(0, '{"1":["run"]}'); else aion.wait(0, 0, aion.start(4, '{"1":"charge"}')); };
aion.resume = (token, state, told) => {
  seen.push([token, state, told]);
  if (seen.length === 8) return aion.done(0, 0, JSON.stringify(seen));
  return aion.start(4, '{"1":"charge"}');
}`
	results := []string{`7`, `-1`, `-0`, `1.5`, `null`, `"a\u00e9\u20ac"`, `{"a":[1,{"b":true}]}`, `12345678901`}
	for _, cfg := range []wasm.Config{{}, {Resident: 1}, {Interpret: true}} {
		p := script(t, newRoom(t, cfg), steps, "run", "charge")
		w, other := runtimetest.NewWorld(t, p, member, "", runtime.Limits{}), runtimetest.NewWorld(t, p, member, "", runtime.Limits{})
		w.Turn()
		other.Turn()
		asked, want := "", []string{}
		for id, result := range results {
			asked = runtimetest.Show(t, w.Turn(&history.ActivityCompleted{ID: uint64(id) + 1, Result: history.Payload(result)}).Asked)
			other.Turn()
			want = append(want, "[0,1,"+strings.NewReplacer(`-0`, "0", `\u00e9`, "é", `\u20ac`, "€").Replace(result)+"]")
		}
		if !strings.Contains(asked, `{"result":[`+strings.Join(want, ",")+`]}`) {
			t.Error(asked)
		}
		w.Rebuild().Close()
		w.Machine.Close()
		other.Machine.Close()
	}
}

// What aion.resume may return, and what ends the run.
func TestScriptResumesWith(t *testing.T) {
	rooms := []*wasm.Room{newRoom(t, wasm.Config{}), newRoom(t, wasm.Config{Interpret: true})}
	for code, want := range map[string]string{
		`return 2`:                     "waits: timer 2",
		`return`:                       `WorkflowFailed {"error":{"kind":"stuck"`,
		`aion.wait(7, 0, 2)`:           "waits: timer 2",
		`aion.wait(0, 0, 2); return 2`: "two waits have token 0",
		`aion.wait(7, 0, 2); return 2`: "waits: timer 2",
		`return 1`:                     "cut", // it is over already: again and again
		`if (this.n) return aion.done(0, 0, String(n)); globalThis.n = 1; Promise.resolve().then(() => n++); return 1`: `{"result":2}`, // jobs come first
		`aion.done(0, 0, "1"); return 2`: `WorkflowCompleted {"result":1}`,
		`return 99`:                      "99",
		`return 0`:                       "aion.resume returns what is no ordinal",
		`return -1`:                      "aion.resume returns what is no ordinal",
		`return 1.5`:                     "aion.resume returns what is no ordinal",
		`return 2 ** 40`:                 "aion.resume returns what is no ordinal",
		`return "2"`:                     "aion.resume returns what is no ordinal",
		`return {}`:                      "aion.resume returns what is no ordinal",
		`return null`:                    "aion.resume returns what is no ordinal",
		`throw new Error("out")`:         `"message":"out"`,
		`aion.resume = 7; return 2`:      "waits: timer 2",
		`for (;;) {}`:                    "the turn makes more than",
		`aion.done(0, 0, JSON.stringify([token, state, told]))`: `{"result":[0,1,null]}`,
	} {
		for _, room := range rooms {
			w := runtimetest.NewWorld(t, script(t, room, resuming(code), "run"), member, "", runtime.Limits{Steps: 20_000})
			w.Turn()
			step := w.Turn(&history.TimerFired{ID: 1})
			got := runtimetest.Show(t, step.Asked)
			for _, wait := range step.Waiting {
				got += fmt.Sprintf("waits: %s %d", wait.Kind, wait.ID)
			}
			if step.Cut {
				got += "cut"
			}
			if !strings.Contains(got, want) {
				t.Errorf("%s: got %s, want %s", code, got, want)
			}
			w.Rebuild().Close()
			w.Machine.Close()
		}
	}
}
