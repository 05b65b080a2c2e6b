package schedules

import (
	"fmt"
	"testing"
	"time"

	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// story is one quiet schedule that fires every second, whose times from 12:00:01 to 12:00:05 have
// come, and one that a caller operates on, for tests to corrupt.
type story struct {
	spec   timetable
	stands wire.ScheduleAnswer // as the last read of the quiet one shows it
	runs   []wire.Run
	routes []wire.Deploy
	calls  []op.Op // on the handled one
}

func tickRun(schedule string, second, began, ended int) wire.Run {
	closed := loadtest.After(ended)
	return wire.Run{WorkflowID: fmt.Sprintf("%s:%s", schedule, loadtest.After(1000*second).Format(time.RFC3339Nano)), Schedule: schedule, Version: "v2", Status: "completed", StartedAt: loadtest.After(began), ClosedAt: &closed}
}

func newStory(overlap, catchUp string) *story {
	s := &story{spec: timetable{ID: "q", Step: 1, Quiet: true, Spec: wire.ScheduleSpec{Overlap: overlap, CatchUp: catchUp}}}
	s.stands.NextTimes = []time.Time{loadtest.After(6000)}
	s.stands.Started, s.stands.Skipped = 3, 2
	// 1 runs until 3.5, so that 2 and 3 are skipped
	s.runs = []wire.Run{tickRun("q", 5, 5010, 5100), tickRun("q", 4, 4010, 4100), tickRun("q", 1, 1010, 3500)}
	trigger := tickRun("h", 0, 2600, 2700)
	trigger.WorkflowID = "h:" + loadtest.After(2555).Format(time.RFC3339Nano)
	s.runs = append(s.runs, trigger)
	s.routes = []wire.Deploy{{At: loadtest.After(4500), Version: "v2", Outcome: "ok"}, {At: loadtest.After(4200), Version: "v1", Outcome: "route_conflict"}, {At: loadtest.After(0), Version: "v2", Outcome: "ok"}, {At: loadtest.After(-100), Version: "v1", Outcome: "ok"}}
	call := func(f string, outcome op.Outcome, code string, a wire.ScheduleAnswer) op.Op {
		return op.Op{Workload: "schedules", F: f, Key: "h", Request: f, Outcome: outcome, Code: code, Answer: loadtest.JSON(a)}
	}
	paused := wire.ScheduleAnswer{Schedule: wire.Schedule{ScheduleSpec: wire.ScheduleSpec{Paused: true}, Started: 7}}
	s.calls = []op.Op{
		call("trigger", op.OK, "", wire.ScheduleAnswer{Runs: []wire.RunName{{WorkflowID: trigger.WorkflowID}}}), call("pause", op.OK, "", paused), call("schedule", op.OK, "", paused),
		call("delete", op.OK, "", paused), call("schedule", op.Refused, "not_found", paused),
	}
	return s
}

func (s *story) ops() []op.Op {
	made := func(spec timetable) op.Op {
		return op.Op{Workload: "schedules", F: "create", Key: spec.ID, Value: loadtest.JSON(spec), Outcome: op.OK, Answer: loadtest.JSON(wire.ScheduleAnswer{Schedule: wire.Schedule{NextTimes: []time.Time{loadtest.After(1000)}}})}
	}
	ops := []op.Op{made(s.spec), made(timetable{ID: "h", Step: 1})}
	ops = append(ops, s.calls...)
	return append(ops,
		op.Op{Workload: "schedules", F: "schedule", Key: "q", Outcome: op.OK, Answer: loadtest.JSON(s.stands)},
		op.Op{Workload: "schedules", F: "runs", Key: "tick", Outcome: op.OK, Answer: loadtest.JSON(s.runs)},
		op.Op{Workload: "schedules", F: "deploys", Key: "tick", Outcome: op.OK, Answer: loadtest.JSON(wire.Deploys{Deploys: s.routes})})
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name             string
		overlap, catchUp string
		spoil            func(s *story)
		want             string
	}{
		{"right", "skip", "all", func(*story) {}, ""},
		{"right, one missed", "skip", "one", func(s *story) { s.stands.Skipped, s.stands.Missed = 1, 1 }, ""},
		{"right, one waits", "buffer_one", "all", func(s *story) {
			s.stands.Buffered, s.stands.Started, s.runs = []time.Time{loadtest.After(5000)}, 2, s.runs[1:]
		}, ""},
		{"missed after all", "skip", "all", func(s *story) { s.stands.Skipped, s.stands.Missed = 1, 1 }, "catches up with all"},
		{"a time lost", "skip", "all", func(s *story) { s.stands.Skipped = 1 }, "had 5 times"},
		{"a time too many", "skip", "all", func(s *story) { s.stands.Skipped = 3 }, "tells of 6"},
		{"a fire failed", "skip", "all", func(s *story) { s.stands.Skipped, s.stands.Failed = 1, 1 }, "1 fires of schedule q failed"},
		{"skipped though all are allowed", "allow_all", "none", func(*story) {}, "and allows all"},
		{"gone", "skip", "all", func(s *story) { s.stands.NextTimes = nil }, "has no next time"},
		{"skipped for nothing", "skip", "all", func(s *story) { s.runs = s.runs[1:] }, "and none was open then"},
		{"lost though all are allowed", "allow_all", "all", func(s *story) {}, "has no run for 12:00:02"},
		{"missed too early", "allow_all", "none", func(s *story) { s.stands.Skipped, s.stands.Missed = 0, 2 }, "nothing was missed yet"},
		{"a run that was not told", "skip", "all", func(s *story) { s.stands.Started, s.stands.Skipped = 2, 3 }, "says that it started 2"},
		{"twice", "allow_all", "all", func(s *story) { s.runs = append(s.runs, s.runs[0]) }, "two runs of q:"},
		{"too early", "skip", "all", func(s *story) { s.runs[0].StartedAt = loadtest.After(4990) }, "before its time"},
		{"before the first time", "skip", "all", func(s *story) { s.runs = append(s.runs, tickRun("q", 0, 500, 600)) }, "before the schedule's first"},
		{"for another time", "skip", "all", func(s *story) { s.runs[0].WorkflowID = "q:2026-03-01T12:00:05.5Z" }, "none of the schedule's"},
		{"another name", "skip", "all", func(s *story) { s.runs[0].WorkflowID = "x" }, "not named after"},
		{"a schedule of nobody", "skip", "all", func(s *story) { s.runs = append(s.runs, tickRun("z", 1, 1000, 1000)) }, "which nobody made"},
		{"two open", "skip", "all", func(s *story) { closed := loadtest.After(5050); s.runs[1].ClosedAt = &closed }, "was open (skip)"},
		{"two open, all allowed", "allow_all", "one", func(s *story) {
			closed := loadtest.After(5050)
			s.runs[1].ClosedAt, s.stands.Skipped, s.stands.Missed = &closed, 0, 2
			s.runs[1].StartedAt, s.runs[1].ClosedAt = loadtest.After(12010), ptr(loadtest.After(12020))
		}, ""},
		{"still open", "skip", "all", func(s *story) { s.runs[0].Status = "running" }, "after the healed cluster"},
		{"cancelled", "skip", "all", func(s *story) { s.runs[0].Status = "cancelled" }, "ended as cancelled"},
		{"cancelled for the next", "cancel_previous", "all", func(s *story) { s.runs[0].Status = "cancelled" }, ""},
		{"the old version", "skip", "all", func(s *story) { s.runs[0].Version = "v1" }, "was not the routed one"},
		{"either version at the very time", "skip", "all", func(s *story) { s.routes[0].At, s.routes[0].Version = loadtest.After(5010), "v1" }, ""},
		{"triggered by nobody", "skip", "all", func(s *story) { s.calls = s.calls[1:] }, "was triggered 0 times"},
		{"a trigger's run lost", "skip", "all", func(s *story) { s.runs = s.runs[:3] }, "there is no such run"},
		{"fired while paused", "skip", "all", func(s *story) {
			s.calls[2].Answer = loadtest.JSON(wire.ScheduleAnswer{Schedule: wire.Schedule{ScheduleSpec: wire.ScheduleSpec{Paused: true}, Started: 8}})
		}, "fired while it was paused"},
		{"paused and gone", "skip", "all", func(s *story) { s.calls[2].Outcome, s.calls[2].Code = op.Refused, "not_found" }, "is paused and cannot be read"},
		{"paused, and not found by the next call", "skip", "all", func(s *story) { s.calls[3].Outcome, s.calls[3].Code = op.Refused, "not_found" }, "finds it not"},
		{"deleted and there", "skip", "all", func(s *story) { s.calls[4].Outcome = op.OK }, "after it was deleted"},
	} {
		s := newStory(c.overlap, c.catchUp)
		c.spoil(s)
		loadtest.Expect(t, c.name, new(Workload).Check(s.ops()), c.want)
	}
}

func ptr[T any](v T) *T { return &v }
