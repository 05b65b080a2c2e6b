package schedules

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// Check accounts for every time of the schedules that nobody touched, and compares all runs of all
// schedules with their names, their times, their overlap policy and the route of their type when
// they began.
func (w *Workload) Check(ops []op.Op) (found []load.Violation) {
	s := checker{specs: map[string]timetable{}, first: map[string]time.Time{}, reads: map[string][]op.Op{}, runs: map[string][]scheduledRun{}, triggered: map[string]bool{}, asked: map[string]int{}}
	if err := s.read(ops); err != nil {
		return []load.Violation{{Checker: "schedules", What: err.Error()}}
	}
	for _, id := range slices.Sorted(maps.Keys(s.specs)) {
		spec := s.specs[id]
		s.checkRuns(spec)
		if spec.Quiet {
			s.checkCounts(spec)
			s.checkTimes(spec)
		} else {
			s.checkPauses(id, ops)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.runs)) {
		if _, ok := s.specs[id]; !ok {
			s.bad(s.listed, "%d runs are of schedule %q, which nobody made", len(s.runs[id]), id)
		}
	}
	return s.found
}

// checker is a history sorted by schedule.
type checker struct {
	specs     map[string]timetable
	first     map[string]time.Time // first time, as the answer to create says
	reads     map[string][]op.Op
	runs      map[string][]scheduledRun // by name
	routes    []wire.Deploy             // oldest first
	triggered map[string]bool           // workflow ids that answers to triggers name
	asked     map[string]int            // number of triggers of a schedule that may have happened
	listed    op.Op
	found     []load.Violation
}

type scheduledRun struct {
	wire.Run
	time time.Time // from its name
}

func (s *checker) bad(o op.Op, format string, args ...any) {
	s.found = append(s.found, load.Violation{Checker: "schedules", What: fmt.Sprintf(format, args...), Ops: []int{o.ID}})
}

func (s *checker) read(ops []op.Op) error {
	var list []wire.Run
	seen := map[string]bool{} // trigger requests
	for _, o := range ops {
		if o.Workload != "schedules" {
			continue
		}
		var a wire.ScheduleAnswer
		switch o.F {
		case "create":
			var spec timetable
			if err := json.Unmarshal(o.Value, &spec); err != nil {
				return fmt.Errorf("operation %d: %w", o.ID, err)
			}
			s.specs[o.Key] = spec
			if o.Outcome == op.OK && json.Unmarshal(o.Answer, &a) == nil && len(a.NextTimes) > 0 {
				if _, again := s.first[o.Key]; !again {
					s.first[o.Key] = a.NextTimes[0]
				}
			}
		case "trigger":
			if (o.Outcome == op.OK || o.Outcome == op.Unknown) && !seen[o.Request] {
				seen[o.Request] = true
				s.asked[o.Key]++
			}
			if o.Outcome == op.OK && json.Unmarshal(o.Answer, &a) == nil {
				for _, r := range a.Runs {
					s.triggered[r.WorkflowID] = true
				}
			}
		case "schedule":
			s.reads[o.Key] = append(s.reads[o.Key], o)
		case "runs":
			if o.Outcome == op.OK {
				if err := json.Unmarshal(o.Answer, &list); err != nil {
					return fmt.Errorf("operation %d: %w", o.ID, err)
				}
				s.listed = o
			}
		case "deploys":
			var d wire.Deploys
			if o.Outcome == op.OK && json.Unmarshal(o.Answer, &d) == nil {
				s.routes = slices.DeleteFunc(slices.Clone(d.Deploys), func(d wire.Deploy) bool { return d.Outcome != "ok" })
				slices.Reverse(s.routes)
			}
		}
	}
	for _, r := range list {
		at, err := time.Parse(time.RFC3339Nano, strings.TrimPrefix(r.WorkflowID, r.Schedule+":"))
		if err != nil || r.Schedule == "" {
			s.bad(s.listed, "run %s of schedule %q is not named after it and a time", r.WorkflowID, r.Schedule)
			continue
		}
		s.runs[r.Schedule] = append(s.runs[r.Schedule], scheduledRun{r, at})
	}
	for id := range s.runs { // any order: each is sorted by itself
		slices.SortFunc(s.runs[id], func(a, b scheduledRun) int { return a.time.Compare(b.time) })
	}
	return nil
}

// onGrid reports whether a time is one of the schedule's.
func (s timetable) onGrid(t time.Time) bool {
	return t.Nanosecond() == 0 && t.Unix()%int64(s.Step) == 0
}

// checkRuns checks every run of a schedule by itself, and those that were open together.
func (s *checker) checkRuns(spec timetable) {
	off := 0
	names := map[string]bool{}
	all := s.runs[spec.ID]
	for _, r := range all {
		if names[r.WorkflowID] {
			s.bad(s.listed, "there are two runs of %s", r.WorkflowID)
		}
		names[r.WorkflowID] = true
		if r.StartedAt.Before(r.time) {
			s.bad(s.listed, "%s began at %s, before its time", r.WorkflowID, r.StartedAt.Format(time.RFC3339Nano))
		}
		if !spec.onGrid(r.time) {
			off++
			if spec.Quiet {
				s.bad(s.listed, "%s is for a time that is none of the schedule's", r.WorkflowID)
			}
		}
		switch {
		case wire.Open(r.Status):
			s.bad(s.listed, "%s is %s, %s after the healed cluster last finished anything", r.WorkflowID, r.Status, runs.Standstill)
		case r.Status != "completed" && !(r.Status == "cancelled" && spec.Spec.Overlap == "cancel_previous"):
			s.bad(s.listed, "%s ended as %s", r.WorkflowID, r.Status)
		}
		if !s.routed(r.Version, r.StartedAt) {
			s.bad(s.listed, "%s began at %s on version %.12s, which was not the routed one", r.WorkflowID, r.StartedAt.Format(time.RFC3339Nano), r.Version)
		}
	}
	if off > s.asked[spec.ID] {
		s.bad(s.listed, "schedule %s has %d runs for times that are not its own, and was triggered %d times", spec.ID, off, s.asked[spec.ID])
	}
	for name := range s.triggered { // any order: each is reported
		if strings.HasPrefix(name, spec.ID+":") && !names[name] {
			s.bad(s.listed, "%s was named by a trigger, and there is no such run", name)
		}
	}
	// runs of a deleted schedule continue beside those of the next one
	if spec.Spec.Overlap == "allow_all" || !spec.Quiet {
		return
	}
	inOrder := slices.SortedStableFunc(slices.Values(all), func(a, b scheduledRun) int { return cmp.Or(a.StartedAt.Compare(b.StartedAt), a.time.Compare(b.time)) })
	for i := 1; i < len(inOrder); i++ {
		if before, r := inOrder[i-1], inOrder[i]; before.ClosedAt == nil || r.StartedAt.Before(*before.ClosedAt) {
			s.bad(s.listed, "%s began at %s, while %s was open (%s)", r.WorkflowID, r.StartedAt.Format(time.RFC3339Nano), before.WorkflowID, spec.Spec.Overlap)
		}
	}
}

// routed reports whether a version was routed at a log time. For changes at exactly that time
// either side is accepted: several commands share one.
func (s *checker) routed(version string, at time.Time) bool {
	now := ""
	for _, d := range s.routes {
		if d.At.After(at) {
			break
		}
		if d.At.Equal(at) && now == version {
			return true
		}
		now = d.Version
		if d.At.Equal(at) && now == version {
			return true
		}
	}
	return now == version
}

// checkPauses follows the only caller of a schedule: while the schedule is paused its counts do not
// change, and while it is deleted it is not found.
func (s *checker) checkPauses(id string, ops []op.Op) {
	var before *wire.ScheduleAnswer // the last read while it is known to be paused
	deleted := false
	for _, o := range ops {
		if o.Workload != "schedules" || o.Key != id || o.F == "create" && o.Outcome == op.Refused || o.Outcome == op.Failed {
			continue
		}
		var a wire.ScheduleAnswer
		if o.Outcome == op.OK {
			json.Unmarshal(o.Answer, &a)
		}
		switch {
		case o.F == "schedule" && o.Outcome == op.OK:
			if deleted {
				s.bad(o, "schedule %s was read at index %d after it was deleted", id, o.Index)
			}
			if before != nil && (a.Started != before.Started || a.Skipped != before.Skipped || a.Missed != before.Missed || a.Failed != before.Failed || !a.Paused) {
				s.bad(o, "schedule %s fired while it was paused: %d started, %d skipped, %d missed; before %d, %d, %d", id, a.Started, a.Skipped, a.Missed, before.Started, before.Skipped, before.Missed)
			}
		case o.F == "schedule":
			if o.Outcome == op.Refused && before != nil {
				s.bad(o, "schedule %s is paused and cannot be read: %s", id, o.Code)
			}
		case o.Outcome == op.OK && o.F == "pause" && !o.Repeat:
			if before = &a; len(a.Buffered) > 0 {
				before = nil // it was paused already, and a fire requested since is waiting: it will start
			}
		case o.Outcome == op.OK && o.F == "delete" && !o.Repeat:
			before, deleted = nil, true
		case o.Outcome == op.Refused:
			if o.Code == "not_found" && before != nil {
				s.bad(o, "schedule %s is paused, and a %s finds it not", id, o.F)
			}
		default: // something else may have changed it, including later operations
			before, deleted = nil, false
			if o.Outcome == op.Unknown {
				return
			}
		}
	}
}
