package starlark_test

import (
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// Where code waits can be seen between turns, with the variables of each call, also those that
// closures share, and of handlers; looking changes nothing.
func TestStacks(t *testing.T) {
	source := `
def step(ctx, n):
    note = "x" * n
    return ctx.signal("a")

def run(ctx, input):
    state = {"stage": "new"}
    def on_b(p):
        state["stage"] = p
        ctx.sleep("1h")
    ctx.on_signal("b", on_b)
    big = ["y" * 600]
    return step(ctx, 3)
`
	w := runtimetest.NewWorld(t, compile(t, source), runtimetest.Member, "null", runtime.Limits{})
	defer func() { w.Machine.Close() }()
	shown := func() string {
		var b strings.Builder
		for _, s := range w.Machine.Stacks() {
			fmt.Fprintf(&b, "%s\n", s.Name)
			for _, f := range s.Frames {
				fmt.Fprintf(&b, "  %s %s", f.At, f.Function)
				for _, l := range f.Locals {
					fmt.Fprintf(&b, " %s=%.20s", l.Name, l.Value)
				}
				b.WriteString("\n")
			}
		}
		return b.String()
	}
	if got := shown(); got != "" {
		t.Errorf("before the first turn: %s", got)
	}
	w.Turn()
	memory := w.Machine.Memory()
	want := "test\n  test.star:13:16 run input=None state={\"stage\": \"new\"} on_b=<function on_b> big=[\"yyyyyyyyyyyyyyyyyy\n  test.star:4:22 step n=3 note=\"xxx\"\n"
	if got := shown(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if w.Machine.Memory() != memory {
		t.Error("looking has changed the account")
	}
	w.Turn(&history.SignalReceived{Name: "b", Payload: history.Payload(`"old"`)})
	if got := shown(); !strings.Contains(got, "b\n  test.star:10:18 on_b p=\"old\" state={\"stage\": \"old\"}\n") {
		t.Errorf("with a handler at work: got\n%s", got)
	}
	w.Turn(&history.SignalReceived{Name: "a", Payload: history.Payload(`1`)})
	if got := shown(); !strings.Contains(got, "on_b") || strings.Contains(got, "step") {
		t.Errorf("run has returned, its handler has not: got\n%s", got)
	}
}
