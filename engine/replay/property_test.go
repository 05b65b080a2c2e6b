package replay_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
	"pgregory.net/rapid"
)

// outside does what the state machine and the outside world may do to a run, whatever the run does.
type outside struct {
	*runtimetest.World
	seen int            // number of events processed
	open []history.Data // timers, children and activities that code has started and that have not ended
}

// look keeps open up to date.
func (o *outside) look() {
	for ; o.seen < len(o.Events); o.seen++ {
		switch d := o.Events[o.seen].Data.(type) {
		case *history.TimerStarted, *history.ChildWorkflowStarted, *history.ActivityScheduled, *history.ResultAwaited:
			o.open = append(o.open, d)
		case *history.TimerCancelled:
			o.end(d.ID)
		case *history.ChildWorkflowCancelled:
			o.end(d.ID)
		case *history.ActivityCancelled:
			o.end(d.ID)
		case *history.AwaitCancelled:
			o.end(d.ID)
		}
	}
}

func ordinal(d history.Data) uint64 {
	switch d := d.(type) {
	case *history.TimerStarted:
		return d.ID
	case *history.ChildWorkflowStarted:
		return d.ID
	case *history.ActivityScheduled:
		return d.ID
	case *history.ResultAwaited:
		return d.ID
	}
	return 0
}

func (o *outside) end(id uint64) {
	for i, d := range o.open {
		if ordinal(d) == id {
			o.open = append(o.open[:i:i], o.open[i+1:]...)
			return
		}
	}
}

// reopen reopens the run. If it has not ended by itself, reopen first ends it from outside.
func (o *outside) reopen(closed bool) {
	if !closed {
		o.Append(&history.WorkflowTerminated{})
	}
	found := o.Reopen()
	o.open, o.seen = nil, len(o.Events)
	for _, b := range found.Again {
		o.open = append(o.open, o.Events[b.Seq-1].Data)
	}
}

// reopens reports whether a run that ended with this turn may be reopened.
func reopens(step *replay.Step) bool {
	switch step.Asked[len(step.Asked)-1].(type) {
	case *history.WorkflowFailed, *history.WorkflowCancelled:
		return true
	}
	return false
}

// happen makes a few random things happen.
func (o *outside) happen(rt *rapid.T) {
	for range rapid.IntRange(0, 3).Draw(rt, "events") {
		o.look()
		what := rapid.IntRange(0, 11).Draw(rt, "event")
		switch {
		case what == 0:
			o.Append(&history.CancelRequested{Reason: "r"})
		case what < 5:
			o.Append(&history.SignalReceived{Name: rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "name"), Payload: history.Payload(rapid.SampledFrom([]string{"1", `"x"`, "null"}).Draw(rt, "payload"))})
		case len(o.open) > 0:
			d := o.open[rapid.IntRange(0, len(o.open)-1).Draw(rt, "which")]
			o.end(ordinal(d))
			o.answer(rt, d)
		}
	}
}

func (o *outside) answer(rt *rapid.T, d history.Data) {
	id, failed := ordinal(d), history.RunError{Kind: rapid.SampledFrom([]string{"broken", "cancelled", "lease_lost"}).Draw(rt, "kind"), Message: "m"}
	how := rapid.IntRange(0, 3).Draw(rt, "how")
	switch d.(type) {
	case *history.TimerStarted:
		o.Append(&history.TimerFired{ID: id})
	case *history.ChildWorkflowStarted:
		o.Append([]history.Data{&history.ChildWorkflowCompleted{ID: id, Result: history.Payload("1")}, &history.ChildWorkflowCompleted{ID: id},
			&history.ChildWorkflowFailed{ID: id, Error: failed}, &history.ChildWorkflowCancelled{ID: id}}[how])
	case *history.ResultAwaited:
		o.Append([]history.Data{&history.ResultReceived{ID: id, Result: history.Payload("1")}, &history.ResultReceived{ID: id},
			&history.ResultReceived{ID: id, Error: &failed}, &history.ResultReceived{ID: id, Error: &history.RunError{Kind: history.KindUnknownWorkflow}}}[how])
	case *history.ActivityScheduled:
		o.Append([]history.Data{&history.ActivityStarted{ID: id}, &history.ActivityCompleted{ID: id}, &history.ActivityCompleted{ID: id, Result: history.Payload(`{"k":[1]}`)},
			&history.ActivityFailed{ID: id, Error: failed}}[how])
	}
}

// script draws random code, for the rules by which its turns are made.
func script(rt *rapid.T, rules uint64) string {
	calls := []string{"timer", "signal", "child", "activity", "sleep", "take", "random", "tell", "all", "race", "settled", "outcome", "result", "cancel", "done"}
	if rules >= 5 {
		calls = append(calls, "await", "await", "end")
	}
	ids := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 4)
	var steps []any
	for range rapid.IntRange(1, 25).Draw(rt, "steps") {
		name := rapid.SampledFrom(calls).Draw(rt, "step")
		signal := rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "signal")
		policy := rapid.SampledFrom([]string{"wait", "wait", "abandon", "ignore"}).Draw(rt, "policy")
		var timeout any
		if rapid.Bool().Draw(rt, "timed") {
			timeout = "5s"
		}
		switch name {
		case "timer", "sleep":
			steps = append(steps, []any{name, "1s"})
		case "signal", "take":
			steps = append(steps, []any{name, signal, timeout})
		case "child":
			steps = append(steps, []any{name, "t", len(steps), policy, rapid.SampledFrom([]string{"terminate", "abandon"}).Draw(rt, "closes")})
		case "activity":
			steps = append(steps, []any{name, len(steps), policy})
		case "random":
			steps = append(steps, []any{name, len(steps)})
		case "await", "end":
			steps = append(steps, []any{name, signal})
		case "tell":
			steps = append(steps, []any{name, signal})
		default:
			steps = append(steps, []any{name, ids.Draw(rt, "ids"), rapid.IntRange(0, 3).Draw(rt, "dare") == 0})
		}
	}
	b, err := json.Marshal(steps)
	if err != nil {
		rt.Fatal(err)
	}
	return string(b)
}

// Whatever code does and whatever happens to it, a run that is dropped after any turn and rebuilt
// by replay goes on exactly as before.
func TestReplayGoesOnAsTheRunDid(t *testing.T) {
	p := program(t, file(t, "testdata/script.star"))
	rapid.Check(t, func(rt *rapid.T) {
		rules := uint64(rapid.IntRange(2, history.Rules).Draw(rt, "rules")) // those of the cluster, which may be upgraded
		w := runtimetest.NewWorld(t, p, runtimetest.Member, script(rt, rules), runtime.Limits{})
		defer func() { w.Machine.Close() }()
		w.Config.Rules = func() uint64 { return rules }
		w.Resume()
		o := outside{World: w}
		for range 30 {
			if rapid.IntRange(0, 9).Draw(rt, "upgrade") == 0 {
				rules = history.Rules
			}
			o.happen(rt)
			step := w.Next()
			if rapid.Bool().Draw(rt, "late") { // something arrives while the turn is made
				o.happen(rt)
			}
			w.Record(step)
			checkOrdinals(rt, w)
			if step.Closes && !(reopens(step) && rapid.Bool().Draw(rt, "reopen")) {
				break
			}
			if step.Closes || rapid.IntRange(0, 9).Draw(rt, "terminate") == 0 {
				o.look()
				o.reopen(step.Closes)
			}
			if rapid.IntRange(0, 4).Draw(rt, "drop") == 0 {
				w.Resume(rapid.IntRange(0, len(w.Turns)).Draw(rt, "cut"))
			}
		}
		for i, turn := range w.Turns {
			rules = turn.Rules
			if !void(w, turn) {
				resumeAt(rt, w, w.NewMachine(), i, turn)
			}
			resumeAt(rt, w, w.MachineOf(turn.Through), i, turn) // with the history as it was then, before later reopenings
		}
	})
}

// resumeAt replays m up to turn i, and makes that turn again as a new one.
func resumeAt(rt *rapid.T, w *runtimetest.World, m *replay.Machine, i int, turn history.Turn) {
	defer m.Close()
	ctx := context.Background()
	if err := m.Replay(ctx, w.Turns[:i], w.Events); err != nil {
		rt.Fatal(err)
	}
	step, err := m.Next(ctx, w.Events[m.Seen():turn.Through])
	if err != nil {
		rt.Fatal(err)
	}
	want := w.Events[turn.FirstSeq-1 : turn.FirstSeq-1+turn.Count]
	if err := m.Recorded(turn, want); err != nil {
		rt.Fatalf("turn %d: %v", turn.N, err)
	}
	if step.N != turn.N {
		rt.Fatalf("made turn %d, want %d", step.N, turn.N)
	}
}

// void reports whether a reopening undid the turn.
func void(w *runtimetest.World, turn history.Turn) bool {
	return slices.ContainsFunc(w.Events, func(e history.Event) bool {
		d, ok := e.Data.(*history.WorkflowReopened)
		return ok && d.Turn == turn.N
	})
}

// counts returns the events that no reopening has undone.
func counts(w *runtimetest.World) []history.Event {
	events := slices.Clone(w.Events)
	for _, e := range w.Events {
		if d, ok := e.Data.(*history.WorkflowReopened); ok && d.Turn != 0 {
			first := w.Turns[d.Turn-1].FirstSeq
			events = slices.DeleteFunc(events, func(v history.Event) bool { return v.Seq >= first && v.Seq < e.Seq })
		}
	}
	return events
}

// checkOrdinals checks invariants of every history: ordinals ascend, and only open things end.
func checkOrdinals(rt *rapid.T, w *runtimetest.World) {
	last := uint64(0)
	open := make(map[uint64]bool)
	for _, e := range counts(w) {
		if id := ordinal(e.Data); id != 0 {
			if id <= last {
				rt.Fatalf("event %d takes ordinal %d after %d", e.Seq, id, last)
			}
			last, open[id] = id, true
		}
		var ended uint64
		switch d := e.Data.(type) {
		case *history.TimerCancelled:
			ended = d.ID
		case *history.ActivityCancelled:
			ended = d.ID
		case *history.AwaitCancelled:
			ended = d.ID
		case *history.ActivityCancelRequested:
			if !open[d.ID] {
				rt.Fatalf("event %d asks ordinal %d to end, which is not open", e.Seq, d.ID)
			}
		case *history.ChildWorkflowCancelRequested:
			if !open[d.ID] {
				rt.Fatalf("event %d asks ordinal %d to end, which is not open", e.Seq, d.ID)
			}
		case *history.ChildWorkflowCancelled:
			if d.Asked {
				ended = d.ID
			}
		}
		if ended != 0 {
			if !open[ended] && rulesOf(w, e.Seq) >= 5 { // before, some timers were cancelled twice
				rt.Fatalf("event %d ends ordinal %d, which is not open", e.Seq, ended)
			}
			open[ended] = false
		}
	}
}

// rulesOf returns the rules of the turn that asked for an event.
func rulesOf(w *runtimetest.World, seq uint64) uint64 {
	for _, turn := range w.Turns {
		if turn.FirstSeq <= seq && seq < turn.FirstSeq+turn.Count {
			return turn.Rules
		}
	}
	return history.Rules
}
