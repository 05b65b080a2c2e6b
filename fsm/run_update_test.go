package fsm

import (
	"fmt"
	"testing"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

func updateOf(id, update string) *UpdateRun {
	return &UpdateRun{Run: RunRef{WorkflowID: id}, ID: update, Name: "set", Args: history.Payload("1"), MaxWaiting: 3}
}

func (w *world) standing(run history.RunID, update string) (u rows.Update, ok bool) {
	w.view(func(v View) { _, u, ok = v.Update(run, update) })
	return u, ok
}

// TestUpdates: an id has one effect and one answer, also after the run has closed; nothing of a run
// is left when it is deleted.
func TestUpdates(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	run := w.start("a", "order")
	w.turn("a")
	first := w.do(updateOf("a", "u1")).(*UpdateAnswer)
	if first.Already || first.Update.Accepted != 2 || first.RunID != run {
		t.Fatalf("%+v", first)
	}
	if again := w.do(updateOf("a", "u1")).(*UpdateAnswer); !again.Already || again.Update != first.Update {
		t.Errorf("again: %+v", again)
	}
	other := updateOf("a", "u1")
	other.Name = "unset"
	w.refused(other, "invalid_input")
	for _, id := range []string{"", string(make([]byte, MaxUpdateID+1))} {
		w.refused(updateOf("a", id), "invalid_input")
	}
	w.refused(updateOf("none", "u1"), "not_found")

	w.do(updateOf("a", "u2"))
	w.do(updateOf("a", "u3"))
	w.refused(updateOf("a", "u4"), "resource_exhausted")
	w.turn("a", &history.UpdateCompleted{UpdateID: "u1", Result: history.Payload("7")}, &history.UpdateCompleted{UpdateID: "u2", Error: &history.RunError{Kind: "no"}},
		&history.UpdateCompleted{UpdateID: "never"})
	if u, ok := w.standing(run, "u1"); !ok || u.Completed != 5 {
		t.Errorf("u1 stands at %+v, %v", u, ok)
	}
	if u, ok := w.standing(run, "u3"); !ok || u.Completed != 0 {
		t.Errorf("u3 stands at %+v, %v", u, ok)
	}
	w.do(updateOf("a", "u4"))
	w.turn("a", &history.UpdateCompleted{UpdateID: "u1"}, &history.WorkflowCompleted{})
	if u, _ := w.standing(run, "u1"); u.Completed != 5 {
		t.Errorf("answered again, u1 stands at %+v", u)
	}
	if again := w.do(updateOf("a", "u3")).(*UpdateAnswer); !again.Already {
		t.Errorf("after the end: %+v", again)
	}
	w.refused(updateOf("a", "u5"), "not_running")
	w.checkReplays()

	w.do(&SetRetention{Rule: rows.Retention{Age: history.Duration(time.Hour)}})
	w.now = w.now.Add(2 * time.Hour)
	w.do(&PurgeRuns{Runs: []history.RunID{run}})
	if u, ok := w.standing(run, "u1"); ok {
		t.Errorf("after its run: %+v", u)
	}
	w.checkReplays()
}

// TestManyUpdatesOfOneRunGo: as a range.
func TestManyUpdatesOfOneRunGo(t *testing.T) {
	w := newWorld(t)
	w.s.cfg.Check = nil
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	run := w.start("a", "order")
	var many []Envelope
	for i := range pointRows + 1 {
		c := updateOf("a", fmt.Sprint(i))
		c.MaxWaiting = 1 << 20
		many = append(many, Envelope{Command: c})
	}
	w.propose(many...)
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "a"}})
	w.do(&SetRetention{Rule: rows.Retention{Age: history.Duration(time.Hour)}})
	w.now = w.now.Add(2 * time.Hour)
	w.do(&PurgeRuns{Runs: []history.RunID{run}})
	if err := Audit(w.s); err != nil {
		t.Error(err)
	}
	w.checkReplays()
}

// TestUpdatesAreFenced: a validator's yes holds for the state that it saw.
func TestUpdatesAreFenced(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.start("a", "order")
	w.turn("a")
	seen := w.latest("a")
	update := func(id string) *UpdateRun {
		c := updateOf("a", id)
		c.Turns, c.Events = seen.Turns, seen.Events
		return c
	}
	w.do(update("u1"))
	w.refused(update("u2"), "unavailable") // u1 came between
	seen = w.latest("a")
	w.turn("a")
	w.refused(update("u2"), "unavailable") // a turn came between
	seen = w.latest("a")
	w.do(update("u2"))
	w.do(update("u1")) // accepted long ago
	w.checkReplays()
}

// TestUpdatesOfAChain: an id is known to the runs that go on from the one that took it.
func TestUpdatesOfAChain(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	first := w.start("a", "order")
	w.turn("a")
	w.do(updateOf("a", "u1"))
	for range maxUpdateChain - 1 {
		next := w.turnOf("a", &history.UpdateCompleted{UpdateID: "u1", Result: history.Payload("7")}, &history.WorkflowContinuedAsNew{})
		next.Rules = history.Rules
		w.do(next)
		answer := w.do(updateOf("a", "u1")).(*UpdateAnswer)
		of, ok := first, false
		w.view(func(v View) { of, _, ok = v.Update(w.latest("a").RunID, "u1") })
		if !answer.Already || answer.RunID != first || answer.Update.Completed == 0 || !ok || of != first {
			t.Fatalf("%+v, found in %s: %v", answer, of, ok)
		}
	}
	only := updateOf("a", "u1")
	only.Run.RunID = w.latest("a").RunID
	if answer := w.do(only).(*UpdateAnswer); answer.Already || answer.RunID != only.Run.RunID {
		t.Errorf("of this run alone: %+v", answer)
	}
	w.checkReplays()
}

// TestNoEndOverAnUpdate: a run neither ends nor goes on as a new one over an update that its code
// has not seen.
func TestNoEndOverAnUpdate(t *testing.T) {
	for _, end := range []history.Data{&history.WorkflowCompleted{}, &history.WorkflowFailed{}, &history.WorkflowContinuedAsNew{}} {
		w := newWorld(t)
		w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
		w.start("a", "order")
		w.turn("a")
		w.do(&SignalRun{Run: RunRef{WorkflowID: "a"}, Name: "go", MaxWaiting: 9})
		closing := w.turnOf("a", end)
		closing.Rules = history.Rules
		w.do(updateOf("a", "u1"))
		if a := w.do(closing).(*TurnAnswer); !a.Void {
			t.Errorf("%s: %+v", end.Type(), a)
		}
		closing = w.turnOf("a", &history.UpdateCompleted{UpdateID: "u1"}, end)
		closing.Rules = history.Rules
		if a := w.do(closing).(*TurnAnswer); a.Void {
			t.Errorf("%s with the answer: %+v", end.Type(), a)
		}
		w.checkReplays()
	}
}
