package starlark_test

import (
	"context"
	"testing"

	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// pauses counts how often code yields, and which turns are replayed.
type pauses struct {
	yields int
	turns  []uint64
}

func (p *pauses) Turn(_ context.Context, n uint64) error {
	p.turns = append(p.turns, n)
	return nil
}

func (p *pauses) Yield(context.Context) { p.yields++ }

// A long turn yields every million steps, new or replayed, and has the same outcome.
func TestLongTurnsPause(t *testing.T) {
	const code = "def run(ctx, input):\n    n = 0\n    for i in range(400000): n += i\n    ctx.sleep('1s')\n    return n\n"
	p := &pauses{}
	w := runtimetest.NewWorld(t, compile(t, code), runtimetest.Member, "null", runtime.Limits{})
	w.Config.Pace = p
	w.Machine.Close()
	w.Machine = w.NewMachine()
	w.Turn()
	first := p.yields
	if first < 1 || first > 10 || len(p.turns) != 0 {
		t.Errorf("a new turn pauses %d times, and %d are shown again", first, len(p.turns))
	}
	w.Turn(&history.TimerFired{ID: 1})
	p.yields = 0
	w.Rebuild().Close()
	if p.yields != first || len(p.turns) != 2 || p.turns[0] != 1 || p.turns[1] != 2 {
		t.Errorf("a rebuild pauses %d times, for turns %v; the turn paused %d times", p.yields, p.turns, first)
	}
}

var _ replay.Pace = (*pauses)(nil)

// The step limit applies at the same step whether that falls between pauses or on one.
func TestLimitsAtPauses(t *testing.T) {
	const code = "def run(ctx, input):\n    n = 0\n    for i in range(5000000): n += i\n    return n\n"
	for _, steps := range []uint64{999_999, 1_000_000, 1_000_001, 2_000_000, 3_500_000} {
		p := &pauses{}
		w := runtimetest.NewWorld(t, compile(t, code), runtimetest.Member, "null", runtime.Limits{Steps: steps})
		w.Config.Pace = p
		m := w.NewMachine()
		step, err := m.Next(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		failed, ok := step.Asked[len(step.Asked)-1].(*history.WorkflowFailed)
		if !ok || failed.Error.Kind != history.KindLimit || p.yields != int(steps/1_000_000) {
			t.Errorf("limit %d: %+v after %d pauses", steps, step.Asked, p.yields)
		}
		m.Close()
	}
}
