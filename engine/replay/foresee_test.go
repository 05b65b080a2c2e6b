package replay_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"aion.dev/aion/engine/replay"
	"aion.dev/aion/fsm/history"
)

// TestForesee: a turn made before its news are in the log asks for the same as one made after, and
// says nothing before it is recorded.
func TestForesee(t *testing.T) {
	const source = `
def run(ctx, input):
    ctx.log("begins")
    first = ctx.signal("s")
    ctx.log("goes on")
    second = ctx.signal("s")
    return [first, second, ctx.now()]
`
	w := run(t, source, `1`)
	step, err := w.Machine.Foresee(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Logs) != 0 || !slices.Equal(step.Logs, []string{"begins"}) {
		t.Errorf("said %q, to be recorded %q", w.Logs, step.Logs)
	}
	w.Record(step)
	if !slices.Equal(w.Logs, []string{"begins"}) {
		t.Errorf("once it is recorded: said %q", w.Logs)
	}

	signal := &history.SignalReceived{Name: "s", Payload: history.Payload("1")}
	foreseen := history.Event{Seq: uint64(len(w.Events)) + 1, Data: signal} // at no time yet
	if step, err = w.Machine.Foresee(context.Background(), []history.Event{foreseen}); err != nil {
		t.Fatal(err)
	}
	w.Append(signal)
	w.Record(step)

	w.Append(signal)
	last := w.Events[len(w.Events)-1]
	m := w.NewMachine() // made ahead or not, the turns replay
	defer m.Close()
	if err := m.Replay(context.Background(), w.Turns, w.Events); err != nil {
		t.Fatal(err)
	}
	want, err := m.Next(context.Background(), []history.Event{last})
	if err != nil {
		t.Fatal(err)
	}
	last.At = 0
	if _, err := w.Machine.Foresee(context.Background(), []history.Event{last}); !errors.Is(err, replay.ErrTime) {
		t.Errorf("a turn that asks for the time: %v", err)
	}
	w.Machine.Close()
	w.Resume()
	got := w.Next()
	if len(got.Asked) != 1 || string(got.Asked[0].(*history.WorkflowCompleted).Result) != string(want.Asked[0].(*history.WorkflowCompleted).Result) {
		t.Errorf("got %+v, want %+v", got.Asked[0], want.Asked[0])
	}
}
