package replay_test

import (
	"context"
	"strings"
	"testing"

	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/fsm/history"
)

const setting = `def run(ctx, input):
    for i in range(int(input)):
        ctx.set_attributes({"n": i, "gone": i})
    ctx.set_attributes({"gone": None})
    ctx.sleep("1s")
    ctx.set_attributes({"n": "slept"})
    return None
`

// recorded appends what a first turn that asked for these events leaves in the history.
func recorded(w *runtimetest.World, asked ...history.Data) {
	w.Append(asked...)
	w.Turns = append(w.Turns, history.Turn{N: 1, Through: 1, FirstSeq: 2, Count: uint64(len(asked))})
}

// However often a turn sets attributes, it asks for one event with the last values, and replays the
// same.
func TestAttributesOfATurnAreOneEvent(t *testing.T) {
	w := run(t, setting, "20000")
	wants(t, "first turn", runtimetest.Show(t, w.Turn().Asked), `AttributesUpdated {"attributes":{"gone":null,"n":19999}}`+"\n"+`TimerStarted {"id":1,"duration":"1s"}`)
	w.Resume()
	wants(t, "after replay", runtimetest.Show(t, w.Turn(&history.TimerFired{ID: 1}).Asked), `AttributesUpdated {"attributes":{"n":"slept"}}`+"\n"+`WorkflowCompleted {"result":null}`)
}

// A history of an earlier build, with one event per call, is replayed call by call.
func TestAttributesOfOldTurnsStandApart(t *testing.T) {
	set := func(n string) *history.AttributesUpdated {
		return &history.AttributesUpdated{Attributes: history.Attributes{"n": history.Payload(n), "gone": history.Payload(n)}}
	}
	last := &history.AttributesUpdated{Attributes: history.Attributes{"gone": history.Payload("null")}}
	old := []history.Data{set("0"), set("1"), last, &history.TimerStarted{ID: 1, Duration: 1e9}}

	w := run(t, setting, "2")
	recorded(w, old...)
	w.Resume()
	wants(t, "after replay", runtimetest.Show(t, w.Turn(&history.TimerFired{ID: 1}).Asked), `AttributesUpdated {"attributes":{"n":"slept"}}`+"\n"+`WorkflowCompleted {"result":null}`)

	for name, asked := range map[string][]history.Data{
		"another value":    {set("0"), set("7"), last, old[3]},
		"one call missing": {set("0"), last, old[3]},
		"joined, wrong":    {&history.AttributesUpdated{Attributes: history.Attributes{"n": history.Payload("0"), "gone": history.Payload("null")}}, old[3]},
	} {
		w := run(t, setting, "2")
		recorded(w, asked...)
		m := w.NewMachine()
		defer m.Close()
		if err := m.Replay(context.Background(), w.Turns, w.Events); err == nil || !strings.Contains(err.Error(), "AttributesUpdated") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A turn that sets more attributes than a run may have fails its run at that call, with an error
// that names the limit.
func TestAttributesOfATurnAreBounded(t *testing.T) {
	w := run(t, "def run(ctx, input):\n    for i in range(input):\n        ctx.set_attributes({\"k%d\" % i: None})\n", "101")
	if got := runtimetest.Show(t, w.Turn().Asked); !strings.Contains(got, "limit_exceeded") || !strings.Contains(got, "more than 100 different attributes") {
		t.Error(got)
	}
	w = run(t, "def run(ctx, input):\n    for i in range(input):\n        ctx.set_attributes({\"k%d\" % i: \"x\" * 4000})\n", "9")
	if got := runtimetest.Show(t, w.Turn().Asked); !strings.Contains(got, "limit_exceeded") || !strings.Contains(got, "the limit is 32768") {
		t.Error(got)
	}
}
