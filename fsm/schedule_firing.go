package fsm

import (
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// firing is a schedule that fires, with what is known of its input. The caller stores the schedule.
type firing struct {
	t       *step
	s       *schedule
	checked catalog.Digest  // of the input schema that the input was checked against
	problem string          // why the input does not fit it
	answer  *ScheduleAnswer // gets what starts; may be nil
}

// fire starts a run for a time, or does what the policy says while others are open.
func (f *firing) fire(at history.Time, overlap rows.Overlap) {
	s := f.s
	s.Last = max(s.Last, at)
	switch {
	case f.problem != "":
		s.fail(history.KindInvalidInput, f.problem)
	case len(s.Open) == 0 || overlap == rows.OverlapAllowAll && len(s.Open) < maxOpenRuns:
		f.launch(at)
	case overlap == rows.OverlapBufferOne && len(s.Buffered) == 0:
		s.Buffered = []rows.Buffered{{At: at, CheckedSchema: f.checked}}
	case overlap == rows.OverlapBufferAll && len(s.Buffered) < rows.MaxBuffered:
		s.Buffered = append(s.Buffered, rows.Buffered{At: at, CheckedSchema: f.checked})
	case overlap == rows.OverlapCancelPrevious:
		f.askToEnd()
		s.Skipped += uint64(len(s.Buffered))
		s.Buffered = []rows.Buffered{{At: at, CheckedSchema: f.checked}}
	default:
		s.Skipped++
	}
}

// askToEnd asks the open runs to end. Those of a thousand fires of one entry are walked once:
// asking again changes nothing.
func (f *firing) askToEnd() {
	if f.s.apart != nil && f.s.apart.asked {
		return
	}
	for _, id := range f.s.Open {
		if r := f.t.run(id); r != nil { // nil: the disk failed, and the entry is dropped
			f.t.requestCancel(r, "schedule "+namespace.Bare(f.s.ID)+" fired again")
		}
	}
	if f.s.apart != nil {
		f.s.apart.asked = true
	}
}

// unstick starts the first of what is buffered that can start, now that the input is checked.
func (f *firing) unstick() {
	for s := f.s; s.Stuck(); {
		at := s.Buffered[0].At
		s.Buffered = slices.Delete(s.Buffered, 0, 1)
		if f.problem != "" {
			s.fail(history.KindInvalidInput, f.problem)
		} else {
			f.launch(at)
		}
	}
}

// launch starts the run of one time, or counts why it cannot. It reports whether the input must be
// checked against another schema before.
func (f *firing) launch(at history.Time) (recheck bool) {
	t, s := f.t, f.s
	version, _, member, ok := t.s.catalog.ResolveFor(s.Type, t.lotOfSchedule(s))
	if !ok {
		s.fail(history.KindUnknownWorkflowType, bareText(namespace.Of(s.Type), t.s.catalog.UnknownType(s.Type)))
		return false
	}
	if member.InputSchema != f.checked {
		return true
	}
	id := s.WorkflowID(at)
	if open := t.latest(id); open != nil && open.Run.Status.Open() {
		s.fail(history.KindAlreadyRunning, bareText(namespace.Of(id), &AlreadyRunning{WorkflowID: id, RunID: open.Run.RunID}))
		return false
	}
	if refusal := t.mayHave(id, true); refusal != nil {
		s.fail(refusal.Code(), refusal.Error())
		return false
	}
	// The serial that the run will have numbers it once and for all, also when a schedule of this
	// id is deleted and made again.
	run := history.DeriveRunID(history.RunID{}, "schedule", t.meta.Serial+1)
	in := t.inputOf(s)
	if s.apart != nil {
		t.Charge(copiedOf(in))
	}
	t.start(birth{
		workflowID: id, runID: run, version: version, member: member, input: in.Input, attributes: in.Attributes, schedule: s.ID, attempt: 1,
	})
	s.Started++
	s.opens(run)
	s.Recent = slices.Insert(s.Recent, 0, run)
	s.Recent = s.Recent[:min(len(s.Recent), maxRecentRuns)]
	if f.answer != nil {
		f.answer.Started = append(f.answer.Started, StartAnswer{WorkflowID: id, RunID: run, Version: version})
	}
	return false
}

func (s *schedule) fail(kind, message string) {
	s.Failed++
	s.Failure = &history.RunError{Kind: kind, Message: message}
}

// lotOfSchedule is the lot of all runs of a schedule: its input is checked once for all of them.
func (t *step) lotOfSchedule(s *schedule) catalog.Lot {
	return func(key string) string {
		if key == "" {
			return s.ID
		}
		return lotText(key, s.ID, t.inputOf(s).Attributes)
	}
}
