package replay_test

import (
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/fsm/history"
)

// A turn that asks for more than one entry can carry out is cut, as often as needed. The code does
// not notice, and its history replays from any cut.
func TestFullTurnsAreCut(t *testing.T) {
	for name, begin := range map[string]string{
		"children":   `ctx.start_child("c", i)`,
		"activities": `ctx.start_activity("charge", i)`,
		"timers":     `ctx.start_timer("1h")`,
		"waits":      `ctx.start_signal("s%d" % i, timeout="1h")`,
		"signals":    `ctx.signal_workflow("w", "s", i)`,
		"attributes": `(ctx.set_attributes({"i": i}), ctx.start_timer("1h"))`,
	} {
		t.Run(name, func(t *testing.T) {
			w := run(t, fmt.Sprintf("def run(ctx, input):\n    for i in range(9999):\n        %s\n    ctx.signal(\"go\")\n    return \"done\"\n", begin), "null")
			step, asked := w.Turn(), 0
			for asked = len(step.Asked); step.Cut; asked += len(step.Asked) {
				if len(step.Waiting) > 0 || step.Closes {
					t.Fatalf("turn %d is cut and says %+v", step.N, step)
				}
				w.Resume()
				step = w.Turn()
			}
			if labels := name == "attributes"; asked != 9999 && !labels || w.Machine.Turns() < 2 {
				t.Fatalf("asked for %d events in %d turns", asked, w.Machine.Turns())
			}
			w.Resume(1)
			wants(t, "the end", runtimetest.Show(t, w.Turn(&history.SignalReceived{Name: "go"}).Asked), `WorkflowCompleted {"result":"done"}`)
			w.Turns[0].Cut = false
			if err := w.NewMachine().Replay(t.Context(), w.Turns, w.Events); err == nil || !strings.Contains(err.Error(), "turn 1 differs") {
				t.Errorf("replay of a turn that hides its cut: %v", err)
			}
		})
	}
}

// Giving up everything that is pending is also cut, in the middle of the one wait that does it.
func TestCancellationIsCut(t *testing.T) {
	for name, code := range map[string]string{
		"cancelled": "    out = all.outcome() if False else None\n    ctx.settled(list)\n",
		"all":       "    ctx.all(list + [ctx.start_activity(\"unknown\")])\n",
	} {
		t.Run(name, func(t *testing.T) {
			code = strings.Replace(code, "    out = all.outcome() if False else None\n", "", 1)
			w := run(t, "def run(ctx, input):\n    list = [ctx.start_timer(\"1h\") for i in range(9999)]\n    ctx.signal(\"go\")\n"+code+"    return \"done\"\n", "null")
			for w.Turn().Cut {
			}
			news := []history.Data{&history.SignalReceived{Name: "go"}}
			if name == "cancelled" {
				w.Turn(news...)
				news = []history.Data{&history.CancelRequested{}}
			}
			step, given := w.Turn(news...), 0
			for ; ; step = w.Turn() {
				for _, d := range step.Asked {
					if d.Type() == history.TypeTimerCancelled {
						given++
					}
				}
				if !step.Cut {
					break
				}
				w.Resume()
			}
			if given != 9999 || !step.Closes {
				t.Fatalf("%d timers given up, then %s", given, runtimetest.Show(t, step.Asked[max(0, len(step.Asked)-2):]))
			}
			w.Machine.Close()
			w.Machine = w.Rebuild(1)
		})
	}
}
