package stops

import (
	"slices"
	"testing"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// story is a type that is stopped from index 20 to 40, and two runs of it: one is paused meanwhile,
// and the other starts after it, with a child; for tests to corrupt. Log time is the index, in
// seconds.
type story struct {
	ops       []op.Op
	histories map[string][]loadtest.Made
	results   map[string]wire.Result
	known     map[string]wire.Run
	closed    []load.Event
}

func at(index int) time.Time { return loadtest.After(1000 * index) }

func made(index int, typ string) loadtest.Made { return loadtest.Made{At: 1000 * index, Type: typ} }

func call(id int, f, key string, value any, outcome op.Outcome, index uint64, answer any) op.Op {
	return op.Op{ID: id, Workload: "stops", F: f, Key: key, Value: loadtest.JSON(value), Request: string(rune('a' + id)), Outcome: outcome, Index: index, Answer: loadtest.JSON(answer), Invoke: int64(index)*10 - 5, Return: int64(index)*10 + 5}
}

func newStory() *story {
	started := func(run string) wire.StartAnswer { return wire.StartAnswer{RunID: run} }
	s := &story{
		ops: []op.Op{
			call(1, "versions", "", map[string]string{parents: "v1", kids: "v2"}, op.OK, 0, nil),
			call(2, "quota", parents, 2, op.OK, 5, nil),
			call(3, "start", parents+"-0-0", 0, op.OK, 10, started("r1")),
			call(4, "stop", parents, wire.StopRequest{Type: parents}, op.OK, 20, wire.StopAnswer{Changed: true, Stop: wire.Stop{StoppedIndex: 20, StoppedAt: at(20)}}),
			call(5, "start", parents+"-0-1", 0, op.Refused, 25, map[string]any{"workflow_type": parents}),
			call(6, "start", kids+"-0-2", 0, op.OK, 35, started("k0")),
			call(7, "unstop", parents, wire.StopRequest{Type: parents}, op.OK, 40, wire.StopAnswer{Changed: true, Stop: wire.Stop{StoppedIndex: 20, StoppedAt: at(20)}}),
			call(8, "start", parents+"-0-3", 2, op.OK, 45, started("r2")),
			call(9, "start", parents+"-0-4", 0, op.Refused, 46, map[string]any{"quota": "open_runs", "limit": 2, "workflow_type": parents}),
			call(10, "stop", kids, wire.StopRequest{Version: "v2"}, op.OK, 49, wire.StopAnswer{Changed: true, Stop: wire.Stop{StoppedIndex: 49, StoppedAt: at(49)}}),
			call(11, "unstop", kids, wire.StopRequest{Version: "v2"}, op.OK, 52, wire.StopAnswer{Changed: true, Stop: wire.Stop{StoppedIndex: 49, StoppedAt: at(49)}}),
			call(12, "start", parents+"-0-5", 0, op.OK, 60, started("r3")),
		},
		histories: map[string][]loadtest.Made{
			"r1": {made(10, "WorkflowStarted"), made(12, "TimerStarted"), made(21, "WorkflowPaused"), made(30, "TimerFired"), made(41, "WorkflowResumed"), made(42, "WorkflowCompleted")},
			"r2": {made(45, "WorkflowStarted"), made(46, "ChildWorkflowStarted"), made(48, "ChildWorkflowCompleted"), made(50, "ChildWorkflowStarted"), {At: 50000, Type: "ChildWorkflowFailed", Data: map[string]any{"error": map[string]any{"kind": "stopped"}}}, made(55, "WorkflowCompleted")},
			"r3": {made(60, "WorkflowStarted"), made(61, "WorkflowCompleted")},
			"k0": {made(35, "WorkflowStarted"), made(36, "WorkflowCompleted")},
			"k1": {made(46, "WorkflowStarted"), made(47, "WorkflowCompleted")},
		},
		results: map[string]wire.Result{}, known: map[string]wire.Run{},
	}
	for run := range s.histories {
		s.results[run], s.known[run] = wire.Result{Status: "completed", Result: loadtest.JSON([]string{})}, wire.Run{RunID: run, WorkflowType: kids}
	}
	for _, run := range []string{"r1", "r2", "r3"} {
		s.known[run] = wire.Run{RunID: run, WorkflowType: parents}
	}
	s.results["r2"] = wire.Result{Status: "completed", Result: loadtest.JSON([]string{"ok", "stopped"})}
	s.known["k1"] = wire.Run{RunID: "k1", WorkflowType: kids, Parent: &wire.RunName{RunID: "r2"}}
	for _, index := range []uint64{42, 55, 61} {
		s.closed = append(s.closed, load.Event{Index: index, Name: "WorkflowClosed", Data: loadtest.JSON(map[string]string{"workflow_type": parents})})
	}
	return s
}

func (s *story) all() []op.Op {
	ops := append(slices.Clone(s.ops),
		op.Op{Workload: "stops", F: "runs", Outcome: op.OK, Answer: loadtest.JSON(s.known)},
		op.Op{Workload: "stops", F: "stream", Outcome: op.OK, Answer: loadtest.JSON(s.closed)})
	for run, events := range s.histories {
		ops = append(ops,
			op.Op{Workload: "stops", F: "history", Key: run, Outcome: op.OK, Answer: loadtest.JSON(loadtest.MadeHistory(events))},
			op.Op{Workload: "stops", F: "result", Key: run, Outcome: op.OK, Answer: loadtest.JSON(s.results[run])})
	}
	return ops
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(s *story)
		want  string
	}{
		{"right", func(*story) {}, ""},
		{"started while stopped", func(s *story) { s.ops[7].Index = 30 }, "was started at 30, and stopped was stopped from 20 to 40"},
		{"a child started while stopped", func(s *story) {
			s.ops[9].Index, s.ops[9].Answer = 41, loadtest.JSON(wire.StopAnswer{Changed: true, Stop: wire.Stop{StoppedIndex: 41, StoppedAt: at(41)}})
			s.ops[10].Index, s.ops[10].Answer = 61, loadtest.JSON(wire.StopAnswer{Changed: true, Stop: wire.Stop{StoppedIndex: 41, StoppedAt: at(41)}})
		}, "run k1 has WorkflowStarted"},
		{"a turn while stopped", func(s *story) { s.histories["r1"][2] = made(22, "TimerStarted") }, "run r1 has TimerStarted"},
		{"a turn while paused", func(s *story) { s.histories["r1"][3].Type = "TimerStarted" }, "run r1 was paused, and has TimerStarted as event 4"},
		{"never resumed", func(s *story) { s.results["r1"] = wire.Result{Status: "paused"} }, "is \"paused\""},
		{"one too many", func(s *story) { s.ops[7].Index, s.ops[11].Index = 41, 41; s.ops[6].Index = 40 }, "as the open run 3, and the quota was 2"},
		{"stopped for no reason", func(s *story) { s.ops[3].Invoke = 900 }, "was refused with stopped"},
		{"full for no reason", func(s *story) { s.ops[1].Value = loadtest.JSON(3) }, "was refused with resource_exhausted"},
		{"full with room", func(s *story) {
			s.ops[1].Value, s.ops[8].Answer = loadtest.JSON(4), loadtest.JSON(map[string]any{"quota": "open_runs", "limit": 4, "workflow_type": parents})
		}, "by a quota of 4, and at most 2 runs were open"},
		{"another refusal", func(s *story) { s.ops[4].Code = "internal" }, "was refused with internal"},
		{"a child refused for no reason", func(s *story) {
			s.ops[9].Answer = loadtest.JSON(wire.StopAnswer{Changed: true, Stop: wire.Stop{StoppedIndex: 49, StoppedAt: at(51)}})
		}, "was told"},
		{"a child of nobody", func(s *story) { s.known["k1"] = wire.Run{RunID: "k1", WorkflowType: kids} }, "run k1 of  was asked for by nobody"},
		{"a child less", func(s *story) { delete(s.known, "k1") }, "there are 0"},
		{"no run", func(s *story) { delete(s.known, "r1") }, "was acknowledged as run r1, and there is none"},
		{"never settled", func(s *story) { s.ops[2].Outcome = op.Unknown }, "has no known outcome"},
		{"stopped twice", func(s *story) { s.ops[6].F = "stop" }, "and was stopped since 20"},
		{"another stop lifted", func(s *story) {
			s.ops[6].Answer = loadtest.JSON(wire.StopAnswer{Changed: true, Stop: wire.Stop{StoppedIndex: 19}})
		}, "was lifted at 40 as that from 19"},
	} {
		s := newStory()
		s.ops[4].Code, s.ops[8].Code = "stopped", "resource_exhausted"
		c.spoil(s)
		loadtest.Expect(t, c.name, new(Workload).Check(s.all()), c.want)
	}
}
