package replay_test

import (
	"testing"

	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/fsm/history"
)

// Whether code should continue as new is a matter of limits. What code was told is in the turn's
// record, so it is told the same again when the limits have changed, and so is a query.
func TestAdviceToContinueIsRecorded(t *testing.T) {
	w := run(t, `
def run(ctx, input):
    told = []
    ctx.on_query("told", lambda: [told, ctx.info.continue_suggested])
    while len(told) < 4:
        ctx.signal("a")
        told.append(ctx.info.continue_suggested)
        ctx.signal("b")
    return told
`, "null")
	w.Config.Most = replay.Most{Events: 16}
	w.Resume()
	w.Turn()
	a, b := &history.SignalReceived{Name: "a"}, &history.SignalReceived{Name: "b"}
	for i, want := range []bool{false, true} {
		if step := w.Turn(a); step.Suggested != want {
			t.Errorf("turn %d: suggested %v, want %v", i, step.Suggested, want)
		}
		if step := w.Turn(b); step.Suggested {
			t.Error("a turn whose code did not ask says that it was told")
		}
	}
	w.Config.Most = replay.Most{} // the limits are raised
	w.Resume(1, 2)
	w.Turn(a)
	answer, err := w.Query("told", "")
	if err != nil || string(answer) != "[[false,true,false],false]" {
		t.Errorf("told %s, %v", answer, err)
	}
	w.Turn(b, a)
	wants(t, "the end", runtimetest.Show(t, w.Turn(b).Asked), `WorkflowCompleted {"result":[false,true,false,false]}`)
}

// A run of a schedule knows it and the time for which it fired; by earlier rules it does not.
func TestInfoOfAScheduledRun(t *testing.T) {
	source := program(t, `
def run(ctx, input):
    i = ctx.info
    if not hasattr(i, "schedule"):
        return "old"
    return [i.schedule, str(i.fire_time.unix) if i.fire_time else None]
`)
	for _, c := range []struct {
		schedule string
		fired    history.Time
		rules    uint64
		want     string
	}{
		{"nightly", 1_000_000_000, 4, `["nightly","1"]`},
		{"nightly", 0, 4, `["nightly",null]`},
		{"", 0, 4, `[null,null]`},
		{"nightly", 1_000_000_000, 3, `"old"`},
	} {
		started := &history.WorkflowStarted{WorkflowID: "w", RunID: history.RunID{7}, WorkflowType: "test", Version: source.Version(), Schedule: c.schedule, FireTime: c.fired}
		m, err := replay.New(replay.Config{Program: source, Member: runtimetest.Member, Rules: func() uint64 { return c.rules }}, history.Event{Seq: 1, Data: started})
		if err != nil {
			t.Fatal(err)
		}
		step, err := m.Next(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(step.Asked[0].(*history.WorkflowCompleted).Result); got != c.want {
			t.Errorf("rules %d: %s, want %s", c.rules, got, c.want)
		}
		m.Close()
	}
}

// A child's ctx.info names its parent and the root of its tree; by earlier rules it has neither.
func TestInfoOfAChild(t *testing.T) {
	source := program(t, `
def run(ctx, input):
    i = ctx.info
    if not hasattr(i, "parent"):
        return "old"
    return [i.parent.workflow_id, i.parent.run_id, i.root.workflow_id if i.root else None]
`)
	for _, c := range []struct {
		root  *history.Root
		rules uint64
		want  string
	}{
		{&history.Root{WorkflowID: "top", RunID: history.RunID{1}}, 3, `["p","09000000-0000-0000-0000-000000000000","top"]`},
		{nil, 3, `["p","09000000-0000-0000-0000-000000000000",null]`},
		{nil, 2, `"old"`},
	} {
		started := &history.WorkflowStarted{WorkflowID: "w", RunID: history.RunID{7}, WorkflowType: "test", Version: source.Version(), Root: c.root,
			Parent: &history.Parent{WorkflowID: "p", RunID: history.RunID{9}, ID: 1}}
		m, err := replay.New(replay.Config{Program: source, Member: runtimetest.Member, Rules: func() uint64 { return c.rules }}, history.Event{Seq: 1, Data: started})
		if err != nil {
			t.Fatal(err)
		}
		step, err := m.Next(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(step.Asked[0].(*history.WorkflowCompleted).Result); got != c.want {
			t.Errorf("rules %d: %s, want %s", c.rules, got, c.want)
		}
		m.Close()
	}
}
