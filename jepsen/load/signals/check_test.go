package signals

import (
	"testing"

	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// story is one target, two senders over HTTP and one sending run, for tests to corrupt.
type story struct {
	calls  []op.Op
	seen   []string
	sender []loadtest.Made
	ended  string // how the sending run stands
	target string // likewise
	posts  []op.Op
	inbox  []string
}

func newStory() *story {
	call := func(id int, said, request string, outcome op.Outcome) op.Op {
		return op.Op{ID: id, Workload: "signals", F: "signal", Key: "signals-0", Value: loadtest.JSON(said), Request: request, Outcome: outcome}
	}
	post := func(said string, outcome op.Outcome) op.Op {
		return op.Op{ID: 21, Workload: "signals", F: "post", Key: "inbox", Value: loadtest.JSON(said), Request: said, Outcome: outcome, Code: map[op.Outcome]string{op.Refused: "not_running"}[outcome]}
	}
	return &story{
		calls: []op.Op{
			call(10, "s0.0#0", "a", op.OK), call(11, "s1.0#0", "b", op.OK), call(12, "s0.0#1", "c", op.Failed), call(13, "s0.0#2", "d", op.Unknown),
			call(14, "s0.4#0", "e", op.OK), call(15, "s0.0#2", "d", op.OK),
		},
		seen: []string{"s0.0#0", "run#0", "s1.0#0", "s0.4#0", "run#1", "s0.0#2"},
		posts: []op.Op{
			{ID: 20, Workload: "signals", F: "inbox", Key: "inbox", Request: "inbox", Outcome: op.OK}, post("p#0", op.OK), post("p#1", op.Unknown), post("p#1", op.OK), post("p#2", op.Refused),
		},
		inbox: []string{"p#0", "p#1"},
		ended: "completed", target: "completed",
		sender: []loadtest.Made{
			{At: 0, Type: "WorkflowStarted", Data: map[string]any{"run_id": "r"}}, {At: 1, Type: "SignalSent", Data: map[string]any{"payload": "run#0"}},
			{At: 2, Type: "SignalSent", Data: map[string]any{"payload": "run#1"}}, {At: 3, Type: "WorkflowCompleted", Data: map[string]any{}},
		},
	}
}

func (s *story) ops() []op.Op {
	ops := []op.Op{
		{Workload: "signals", F: "target", Key: "signals-0", Outcome: op.OK},
		{Workload: "signals", F: "start", Key: "run", Value: loadtest.JSON(sendersAsk{To: "signals-0", Count: 2}), Outcome: op.OK},
	}
	return append(append(append(ops, s.calls...), s.posts...),
		op.Op{Workload: "signals", F: "result", Key: "inbox", Outcome: op.OK, Answer: loadtest.JSON(wire.Result{Status: "completed", Result: loadtest.JSON(s.inbox)})},
		op.Op{Workload: "signals", F: "result", Key: "run", Outcome: op.OK, Answer: loadtest.JSON(wire.Result{Status: s.ended})},
		op.Op{Workload: "signals", F: "history", Key: "run", Outcome: op.OK, Answer: loadtest.JSON(loadtest.MadeHistory(s.sender))},
		op.Op{Workload: "signals", F: "result", Key: "signals-0", Outcome: op.OK, Answer: loadtest.JSON(wire.Result{Status: s.target, Result: loadtest.JSON(s.seen)})})
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(s *story)
		want  string
	}{
		{"right", func(*story) {}, ""},
		{"lost", func(s *story) { s.seen = s.seen[1:] }, "never saw signal s0.0#0"},
		{"a run's lost", func(s *story) { s.seen = append(s.seen[:4:4], s.seen[5]) }, "never saw signal run#1"},
		{"twice", func(s *story) { s.seen = append(s.seen, "s1.0#0") }, "saw signal s1.0#0 twice"},
		{"out of order", func(s *story) { s.seen[0], s.seen[5] = s.seen[5], s.seen[0] }, "saw signal 0 of s0.0 after signal 2"},
		{"a run's out of order", func(s *story) { s.seen[1], s.seen[4] = s.seen[4], s.seen[1] }, "saw signal 0 of run after signal 1"},
		{"invented", func(s *story) { s.seen = append(s.seen, "s9.9#0") }, "which nobody sent it"},
		{"failed and yet there", func(s *story) { s.seen = append(s.seen[:5:5], "s0.0#1", "s0.0#2") }, "did not happen"},
		{"settled as failed, and there", func(s *story) { s.calls[5].Outcome = op.Refused }, "did not happen"},
		{"refused", func(s *story) { s.calls[0].Outcome, s.calls[0].Code = op.Refused, "not_running" }, "though the run is open"},
		{"closed over", func(s *story) { s.inbox = s.inbox[:1] }, "closed without having seen signal p#1"},
		{"an inbox saw twice", func(s *story) { s.inbox = append(s.inbox, "p#0") }, "saw signal p#0 twice"},
		{"an inbox saw what was refused", func(s *story) { s.inbox = append(s.inbox, "p#2") }, "which nobody sent it"},
		{"a refusal of an inbox", func(s *story) { s.posts[4].Code = "invalid_state" }, "was refused with invalid_state"},
		{"never settled", func(s *story) { s.calls = s.calls[:5] }, "has no known outcome"},
		{"the sending run hangs", func(s *story) { s.ended = "running" }, "a sender whose start was acknowledged"},
		{"the target hangs", func(s *story) { s.target = "running" }, "after it was told to stop"},
		{"a run sent out of order", func(s *story) {
			s.sender[1], s.sender[2] = s.sender[2], s.sender[1]
			s.sender[1].At = 1
			s.sender[2].At = 2
		}, "comes next"},
		{"a run sent too few", func(s *story) { s.sender = append(s.sender[:2:2], s.sender[3]) }, "sent 1 signals of 2"},
		{"a run was refused", func(s *story) { s.sender[1].Data["error"] = map[string]string{"kind": "not_running"} }, "was not sent"},
	} {
		s := newStory()
		c.spoil(s)
		loadtest.Expect(t, c.name, new(Workload).Check(s.ops()), c.want)
	}
}
