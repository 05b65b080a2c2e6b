package replay_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// timing decides how many of the remaining messages have arrived when a turn begins.
type timing func(left int) int

var timings = map[string]timing{
	"one by one":  func(int) int { return 1 },
	"all at once": func(left int) int { return left },
	"in portions": func() timing {
		rng := rand.New(rand.NewPCG(1, 2))
		return func(left int) int { return min(left, 1+rng.IntN(200)) }
	}(),
}

// deliver sends the messages at their times, and makes turns until code waits for more. It returns
// all that the code asked for.
func deliver(w *runtimetest.World, messages []string, when timing) (asked []history.Data) {
	take := func() (closed bool) {
		for {
			step := w.Turn()
			if asked = append(asked, step.Asked...); step.Closes || !step.Cut {
				return step.Closes
			}
		}
	}
	for closed := take(); !closed && len(messages) > 0; closed = take() {
		n := when(len(messages))
		for _, m := range messages[:n] {
			w.Append(&history.SignalReceived{Name: "m", Payload: history.Payload(m)})
		}
		messages = messages[n:]
	}
	return asked
}

// Whatever the timing of messages, a run ends the same, asks for the same events and logs the same.
// It also replays the same, cut at every turn.
func TestTimingDecidesNothing(t *testing.T) {
	const loop = `
def run(ctx, input):
    n = 0
    while True:
        m = ctx.signal("m")
        if m == "stop":
            return n
        n += 1
        `
	const handler = `
def run(ctx, input):
    box = {"n": 0, "over": False}
    def on(m):
        n = box["n"]
        if m == "stop":
            box["over"] = True
            return
        box["n"] += 1
        %s
    ctx.on_signal("m", on)
    ctx.until(lambda: box["over"])
    return box["n"]
`
	limits := runtime.Limits{Steps: 60_000, MemoryBytes: 1 << 20, TurnBytes: 100_000, OutputBytes: 50_000, LogBytes: 8192, Asked: 400}
	for name, c := range map[string]struct {
		body     string
		messages int
		payload  string
		same     bool // its events do not depend on how turns are cut
	}{
		"logs":          {`ctx.log("message %s from customer %s: amount %s" % (m["id"], m["who"], m["of"]))`, 1200, `{"id":1,"who":"A","of":7}`, true},
		"computes":      {"for i in range(200): pass", 1200, "1", true},
		"computes much": {"for i in range(m if n % 2 else 500): pass", 60, "9000", true},
		"builds":        {`x = "x" * 3000`, 1200, "1", true},
		"builds much":   {`x = "x" * (200000 if n % 2 else 700000)`, 20, "1", true},
		"tells":         {`ctx.signal_workflow("x", "s", m)`, 1200, `"` + strings.Repeat("x", 1000) + `"`, true},
		"tells much":    {`ctx.signal_workflow("x", "s", m)`, 60, `"` + strings.Repeat("x", 45_000) + `"`, true},
		"schedules":     {`ctx.start_activity("charge", m)`, 1200, "1", true},
		"starts timers": {`ctx.start_timer("1h")`, 1200, "1", true},
		"starts many":   {`for i in range(300): ctx.start_timer("1h")`, 20, "1", true},
		"says what":     {`ctx.set_attributes({"a%d" % (n % 60): m})`, 1200, `"` + strings.Repeat("x", 200) + `"`, false},
		"says much":     {`ctx.set_attributes({"a%d" % (n % 3): m})`, 60, `"` + strings.Repeat("x", 3000) + `"`, false},
		"drains":        {"while True:\n            f = ctx.start_signal(\"m\")\n            if not f.done:\n                f.cancel()\n                break\n            if f.result() == \"stop\":\n                return n\n            n += 1", 1200, "1", true},
	} {
		codes := map[string]string{name: loop + c.body + "\n", name + " in a handler": fmt.Sprintf(handler, c.body)}
		if name == "drains" {
			delete(codes, name+" in a handler")
		}
		for name, code := range codes {
			timingDecidesNothing(t, name, code, limits, c.messages, c.payload, c.same)
		}
	}
}

func timingDecidesNothing(t *testing.T, name, code string, limits runtime.Limits, n int, payload string, same bool) {
	t.Run(name, func(t *testing.T) {
		p := program(t, code)
		messages := make([]string, n, n+1)
		for i := range messages {
			messages[i] = payload
		}
		messages = append(messages, `"stop"`)
		want := ""
		for how, when := range timings {
			w := runtimetest.NewWorld(t, p, runtimetest.Member, "", limits)
			asked := deliver(w, messages, when)
			end := runtimetest.Show(t, asked[len(asked)-1:])
			if same {
				end = runtimetest.Show(t, asked)
			}
			if end = fmt.Sprintf("%s%d lines", end, len(w.Logs)); want == "" {
				want = end
			}
			if end != want || !strings.Contains(end, fmt.Sprintf(`WorkflowCompleted {"result":%d}`, n)) {
				t.Errorf("%s: ends with\n%s\nwant\n%s", how, end[max(0, len(end)-1000):], want[max(0, len(want)-1000):])
			}
			for _, turn := range w.Turns {
				truncate(t, w, turn)
			}
			w.Machine.Close()
		}
	})
}

// truncate replays the run up to a turn, and makes that turn again. Long runs are cut at some of
// their turns only.
func truncate(t *testing.T, w *runtimetest.World, turn history.Turn) {
	t.Helper()
	if n := uint64(len(w.Turns)); n > 60 && turn.N%(n/30) != 0 {
		return
	}
	m := w.NewMachine()
	defer m.Close()
	if err := m.Replay(context.Background(), w.Turns[:turn.N-1], w.Events); err != nil {
		t.Fatal(err)
	}
	m.Cut(turn.Waits)
	step, err := m.Next(context.Background(), w.Events[m.Seen():turn.Through])
	if err != nil {
		t.Fatalf("turn %d: %v", turn.N, err)
	}
	if step.Waits != turn.Waits || step.Cut != turn.Cut {
		t.Fatalf("turn %d is cut at wait %d (%v), was cut at %d (%v)", turn.N, step.Waits, step.Cut, turn.Waits, turn.Cut)
	}
	if err := m.Recorded(turn, w.Events[turn.FirstSeq-1:turn.FirstSeq-1+turn.Count]); err != nil {
		t.Fatalf("turn %d: %v", turn.N, err)
	}
}
