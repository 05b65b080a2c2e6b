package schedules

import (
	"encoding/json"
	"slices"
	"time"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// checkCounts: at every index that was read, the counts of a schedule match the times that have
// come since it was created.
func (s *checker) checkCounts(spec timetable) {
	for _, o := range s.reads[spec.ID] {
		var a wire.ScheduleAnswer
		if o.Outcome == op.Refused {
			s.bad(o, "schedule %s cannot be read: %s", spec.ID, o.Code)
		}
		if o.Outcome != op.OK {
			continue
		}
		if err := json.Unmarshal(o.Answer, &a); err != nil || len(a.NextTimes) == 0 {
			s.bad(o, "schedule %s has no next time at index %d", spec.ID, o.Index)
			continue
		}
		came := uint64(a.NextTimes[0].Sub(s.first[spec.ID]) / (time.Duration(spec.Step) * time.Second))
		if told := a.Started + a.Skipped + a.Missed + a.Failed + uint64(len(a.Buffered)); told != came {
			s.bad(o, "schedule %s had %d times by index %d (first %s, next %s) and tells of %d: %d started, %d skipped, %d missed, %d failed, %d buffered",
				spec.ID, came, o.Index, clock(s.first[spec.ID]), clock(a.NextTimes[0]), told, a.Started, a.Skipped, a.Missed, a.Failed, len(a.Buffered))
		}
		switch {
		case a.Failed > 0:
			s.bad(o, "%d fires of schedule %s failed: %v", a.Failed, spec.ID, a.LastFailure)
		case spec.Spec.CatchUp == "all" && a.Missed > 0:
			s.bad(o, "schedule %s missed %d times, and catches up with all", spec.ID, a.Missed)
		case spec.Spec.Overlap == "allow_all" && a.Skipped > 0:
			s.bad(o, "schedule %s skipped %d times, and allows all", spec.ID, a.Skipped)
		}
	}
}

// missable is how late a fire may be before catch_up decides about it.
const missable = 10 * time.Second

// checkTimes goes through the times of a schedule up to the last read: each has its run, or a
// reason why not.
func (s *checker) checkTimes(spec timetable) {
	var last wire.ScheduleAnswer
	for _, o := range s.reads[spec.ID] {
		if o.Outcome == op.OK {
			json.Unmarshal(o.Answer, &last)
		}
	}
	if len(last.NextTimes) == 0 {
		s.bad(s.listed, "schedule %s was never read", spec.ID)
		return
	}
	next, runs := last.NextTimes[0], s.runs[spec.ID]
	started := uint64(0)
	for _, r := range runs {
		if r.time.Before(next) {
			started++
		}
		if r.time.Before(s.first[spec.ID]) {
			s.bad(s.listed, "%s is for a time before the schedule's first, %s", r.WorkflowID, clock(s.first[spec.ID]))
		}
	}
	if started < last.Started || started > last.Started+uint64(len(last.Buffered)) {
		s.bad(s.listed, "schedule %s says that it started %d runs, %d wait; there are %d for times before %s", spec.ID, last.Started, len(last.Buffered), started, clock(next))
	}
	i := 0
	var prev *scheduledRun
	var gap time.Time // the first of the consecutive times without a run
	for t := s.first[spec.ID]; t.Before(next); t = t.Add(time.Duration(spec.Step) * time.Second) {
		if i < len(runs) && runs[i].time.Equal(t) {
			if r := &runs[i]; !gap.IsZero() && spec.Spec.Overlap == "allow_all" && r.StartedAt.Before(gap.Add(missable)) {
				s.bad(s.listed, "schedule %s has no run for %s, and %s began at %s: nothing was missed yet", spec.ID, clock(gap), r.WorkflowID, clock(r.StartedAt))
			}
			prev, gap = &runs[i], time.Time{}
			i++
			continue
		}
		if gap.IsZero() {
			gap = t
		}
		waits := slices.ContainsFunc(last.Buffered, t.Equal)
		switch {
		case spec.Spec.CatchUp != "all" || waits: // it may have been missed
		case spec.Spec.Overlap == "allow_all":
			s.bad(s.listed, "schedule %s has no run for %s", spec.ID, clock(t))
		case prev == nil || prev.ClosedAt != nil && prev.ClosedAt.Before(t):
			s.bad(s.listed, "schedule %s has no run for %s, and none was open then", spec.ID, clock(t))
		}
	}
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05.999") }
