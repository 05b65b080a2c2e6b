package fsm

import (
	"slices"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/namespace"
)

// The open runs of a schedule stand in its row, by what is decided here. A run that goes on as new
// keeps its place. A schedule that was deleted and made again under the same id knows nothing of
// the runs of the one before.

// opened returns the schedule that r is an open run of, and its place there; nil when there is
// none.
func (t *step) opened(r *row) (*schedule, int) {
	if r.Run.Schedule == "" {
		return nil, -1
	}
	s := t.readSchedule(r.Run.Schedule)
	if s == nil {
		return nil, -1
	}
	i := slices.Index(s.Open, r.Run.RunID)
	if i < 0 {
		return nil, -1
	}
	return s, i
}

// notifySchedule takes a closed run from its schedule and, if it was the last one, starts the fire
// that waits for that, in the same step.
func (t *step) notifySchedule(r *row) {
	s, i := t.opened(r)
	if s == nil {
		return
	}
	s.Open = slices.Delete(s.Open, i, i+1)
	s.Ending = s.Ending && len(s.Open) > 0
	if s.PauseOnFailure && !s.Paused && (r.Run.Status == history.StatusFailed || r.Run.Status == history.StatusTimedOut) {
		s.pause("run " + namespace.Bare(r.Run.WorkflowID) + " ended as " + r.Run.Status.String())
	}
	if s.Ready() && (s.apart == nil || t.affords(s.apart.work)) { // else the leader fires it
		next := s.Buffered[0]
		f := firing{t: t, s: s, checked: next.CheckedSchema}
		if !f.launch(next.At) { // else the leader checks the input and fires again
			s.Buffered = s.Buffered[1:]
		}
	}
	t.putSchedule(s)
}

// handSchedule gives r's place in its schedule to the run that goes on from it, and returns the
// schedule's id; "" when r has no place there.
func (t *step) handSchedule(r *row, next history.RunID) string {
	s, i := t.opened(r)
	if s == nil {
		return ""
	}
	s.Open[i] = next
	s.unasked()
	t.putSchedule(s)
	return s.ID
}

// rejoinSchedule puts a run that was opened again, or takes the place of one that had closed, among
// the open ones of its schedule, if that has room. It reports whether it is still the schedule that
// started the run, at a time.
func (t *step) rejoinSchedule(r *row, started history.Time) bool {
	if r.Run.Schedule == "" {
		return false
	}
	s := t.readSchedule(r.Run.Schedule)
	if s == nil || started < s.CreatedAt {
		return false
	}
	if len(s.Open) < maxOpenRuns && !slices.Contains(s.Open, r.Run.RunID) {
		s.opens(r.Run.RunID)
		t.putSchedule(s)
	}
	return true
}

// opens adds a run to the open ones.
func (s *schedule) opens(id history.RunID) {
	s.Open = append(s.Open, id)
	s.unasked()
}

// unasked notes that an open run may not have been asked to end.
func (s *schedule) unasked() {
	if s.apart != nil {
		s.apart.asked = false
	}
}
