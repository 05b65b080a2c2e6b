package audit

import (
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// The rules by which rows follow from others, as docs/STATE.md says them. They are told here once
// more, and not taken from package fsm: who recounts by the same code finds what it finds.

// Bounds that the state machine keeps.
const (
	maxRows       = 10_000 // of a page of any View
	maxOpenRuns   = 1000   // of a schedule
	maxRecentRuns = 10     // of a schedule
)

// wantsTurn reports whether a run has its place in the ready index.
func wantsTurn(r *rows.RunRow) bool {
	return r.Run.Status == history.StatusRunning && r.Run.BeginsAt == 0 && (r.Woken > r.Run.Through || r.Run.Cut)
}

// pinKind is the kind under which a run pins its version; 0 when it does not.
func pinKind(r *rows.RunRow) rows.PinKind {
	switch {
	case !r.Run.Status.Open():
		return 0
	case r.Run.Status == history.StatusPaused:
		return rows.PinRecoverableRun
	case r.Run.Turns > 0:
		return rows.PinLiveRun
	case r.Run.Parent != nil && !r.Continued:
		return rows.PinRecordedChild
	}
	return rows.PinInFlightStart
}

// wake is where a schedule stands in the index of fires; 0 = nowhere.
func wake(s *rows.Schedule) history.Time {
	if s.Stuck() {
		return 1
	}
	return s.DueAt(s.Next)
}

// begins is the ordinal that an event begins; 0 when it begins none.
func begins(data history.Data) uint64 {
	switch e := data.(type) {
	case *history.TimerStarted:
		return e.ID
	case *history.ActivityScheduled:
		return e.ID
	case *history.ChildWorkflowStarted:
		return e.ID
	case *history.ResultAwaited:
		return e.ID
	}
	return 0
}

// setAll is all attributes with those of set; null removes one. No attributes are nil.
func setAll(all, set history.Attributes) history.Attributes {
	next := history.Attributes{}
	for name, v := range all {
		next[name] = v
	}
	for name, v := range set {
		if len(v) == 0 || string(v) == "null" {
			delete(next, name)
		} else {
			next[name] = v
		}
	}
	if len(next) == 0 {
		return nil
	}
	return next
}
