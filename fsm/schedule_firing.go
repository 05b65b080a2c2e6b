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

// fire starts a run for a time, or does what the policy says while others are open. Newest says
// that no later time of the same entry follows.
func (f *firing) fire(at history.Time, overlap rows.Overlap, newest bool) {
	s := f.s
	s.Last = max(s.Last, at)
	switch {
	case f.problem != "":
		s.fail(history.KindInvalidInput, f.problem)
	case overlap == rows.OverlapTerminatePrevious && newest:
		f.replace(at)
	case overlap != rows.OverlapTerminatePrevious && len(s.Open) == 0 || overlap == rows.OverlapAllowAll && len(s.Open) < maxOpenRuns:
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
	if refusal := t.stopped(s.Type, version); refusal != nil {
		s.fail(history.KindStopped, bareText(namespace.Of(s.Type), refusal))
		return false
	}
	if reached := t.within(s.Type, 0, nil); reached != nil {
		s.fail(reached.kind(), bareText(namespace.Of(s.Type), reached))
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
		t.Charge(copiedOf(longest(&s.Schedule, in)))
	}
	t.start(birth{
		workflowID: id, runID: run, version: version, member: member, input: s.Filled(in.Input, at), attributes: in.Attributes, schedule: s.ID, fired: t.noted(at), attempt: 1,
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

// noted is the time of a fire as runs note it.
func (t *step) noted(at history.Time) history.Time {
	if t.level() < 5 {
		return 0
	}
	return at
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
