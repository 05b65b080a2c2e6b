package fsm

import (
	"slices"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// replace ends the open runs and starts one for a time in their place. If the entry has no room to
// end all of them, the fire waits until the leader's next ones have.
func (f *firing) replace(at history.Time) {
	s := f.s
	s.Skipped += uint64(len(s.Buffered))
	s.Buffered = nil
	if f.endOpen() {
		f.launch(at)
	} else {
		s.Buffered = []rows.Buffered{{At: at, CheckedSchema: f.checked}}
	}
}

// endOpen terminates open runs, oldest first, as far as the entry has room, and reports whether
// none is left. The closing of each takes it from the schedule, which is therefore noted as changed
// before, and what waits is kept from it: the caller starts that.
func (f *firing) endOpen() bool {
	t, s := f.t, f.s
	waiting := s.Buffered
	s.Buffered = nil
	t.schedules.note(s)
	for n := len(s.Open); n > 0 && t.Err() == nil; n = len(s.Open) {
		if r := t.run(s.Open[0]); r != nil {
			t.shut(r, &history.WorkflowTerminated{Reason: "schedule " + namespace.Bare(s.ID) + " fired again"})
		}
		if len(s.Open) == n || t.spent() {
			break
		}
	}
	s.Buffered, s.Ending = waiting, len(s.Open) > 0
	return !s.Ending
}

// askToEnd asks the open runs to end. Those of a thousand fires of one entry are walked once:
// asking again changes nothing.
func (f *firing) askToEnd() {
	if f.s.apart != nil && f.s.apart.asked {
		return
	}
	for _, id := range f.s.Open {
		if r := f.t.run(id); r != nil { // nil: the disk failed, and the entry is dropped
			f.t.requestCancel(r, "schedule "+namespace.Bare(f.s.ID)+" fired again", history.RunID{})
		}
	}
	if f.s.apart != nil {
		f.s.apart.asked = true
	}
}

// unstick goes on ending the open runs, and starts the first of what is buffered that can start,
// now that the input is checked.
func (f *firing) unstick() {
	if f.s.Ending && !f.endOpen() {
		return
	}
	for s := f.s; s.Ready(); {
		at := s.Buffered[0].At
		s.Buffered = slices.Delete(s.Buffered, 0, 1)
		if f.problem != "" {
			s.fail(history.KindInvalidInput, f.problem)
		} else {
			f.launch(at)
		}
	}
}
