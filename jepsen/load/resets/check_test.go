package resets

import (
	"encoding/json"
	"slices"
	"testing"

	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/jepsen/worker"
	"aion.dev/aion/transport/wire"
)

// story is a run r1 that was reset after its second step as r2, and r2, which had closed, once more
// as r3 by a call that had no answer at first; for tests to corrupt.
type story struct {
	ops       []op.Op
	lines     []worker.Line
	histories map[string][]loadtest.Made
	statuses  map[string]string
}

func out(run string, step uint64) worker.Output {
	return worker.Output{Run: run, Step: step, Attempt: 1, Worker: "w1"}
}

// does are the events of a step that a run does.
func (s *story) does(run string, step uint64) []loadtest.Made {
	s.lines = append(s.lines, worker.Line{E: worker.Effect, Run: run, Step: step, Attempt: 1, Worker: "w1", Value: loadtest.JSON(out(run, step))})
	return []loadtest.Made{
		{Type: "ActivityScheduled", Data: map[string]any{"id": step}},
		{Type: "ActivityCompleted", Data: map[string]any{"id": step, "attempt": 1, "result": out(run, step)}},
	}
}

func heard(what string) loadtest.Made {
	return loadtest.Made{Type: "SignalReceived", Data: map[string]any{"name": "n", "payload": what}}
}

func isReset(run, of string, turn uint64) loadtest.Made {
	return loadtest.Made{Type: "WorkflowReset", Data: map[string]any{"run_id": run, "of_run_id": of, "turn": turn}}
}

func newStory() *story {
	s := &story{histories: map[string][]loadtest.Made{}, statuses: map[string]string{"r1": "terminated", "r2": "completed", "r3": "completed"}}
	begin := []loadtest.Made{{Type: "WorkflowStarted", Data: map[string]any{"run_id": "r1"}}}
	first := slices.Concat(begin, s.does("r1", 1), s.does("r1", 2)) // five events
	end := loadtest.Made{Type: "WorkflowTerminated", Data: map[string]any{"reason": "reset as run r2: again"}}
	s.histories["r1"] = slices.Concat(first, []loadtest.Made{heard("a")}, s.does("r1", 3)[:1], []loadtest.Made{end})
	s.lines = s.lines[:2]
	done := loadtest.Made{Type: "WorkflowCompleted"}
	s.histories["r2"] = slices.Concat(first, []loadtest.Made{isReset("r2", "r1", 2), heard("a")}, s.does("r2", 3), s.does("r2", 4), s.does("r2", 5), []loadtest.Made{done})
	s.histories["r3"] = slices.Concat(begin, []loadtest.Made{isReset("r3", "r2", 0), heard("a")}, s.does("r3", 1), s.does("r3", 2), s.does("r3", 3), s.does("r3", 4), s.does("r3", 5), []loadtest.Made{done})
	call := func(id int, f string, value any, request string, outcome op.Outcome, answer any) op.Op {
		return op.Op{ID: id, Workload: "reset", F: f, Key: "it", Value: loadtest.JSON(value), Request: request, Outcome: outcome, Answer: loadtest.JSON(answer)}
	}
	s.ops = []op.Op{
		call(1, "start", input{}, "q1", op.OK, wire.StartAnswer{RunID: "r1"}),
		call(2, "signal", "a", "q2", op.OK, wire.RunAnswer{RunID: "r1"}),
		call(3, "reset", back{To: "2"}, "q3", op.OK, wire.ResetAnswer{RunID: "r2", OfRunID: "r1", Turn: 2, Event: 5, Ended: true, Messages: 1}),
		call(4, "reset", back{To: "start"}, "q4", op.Unknown, nil),
		call(5, "reset", back{To: "start"}, "q4", op.OK, wire.ResetAnswer{RunID: "r3", OfRunID: "r2", Event: 1, Messages: 1}),
		call(6, "runs", nil, "", op.OK, map[string]string{"r1": "it", "r2": "it", "r3": "it"}),
	}
	return s
}

func (s *story) all() []op.Op {
	ops := append(slices.Clone(s.ops), op.Op{Workload: "reset", F: "ledger", Outcome: op.OK, Answer: loadtest.JSON(s.lines)})
	for run, events := range s.histories {
		for i := range events {
			events[i].At += 100 * i
		}
		var did, heard []json.RawMessage
		for _, e := range events {
			if e.Type == "ActivityCompleted" {
				did = append(did, loadtest.JSON(e.Data["result"]))
			} else if e.Type == "SignalReceived" {
				heard = append(heard, loadtest.JSON(e.Data["payload"]))
			}
		}
		ops = append(ops,
			op.Op{Workload: "reset", F: "history", Key: run, Outcome: op.OK, Answer: loadtest.JSON(loadtest.MadeHistory(events))},
			op.Op{Workload: "reset", F: "result", Key: run, Outcome: op.OK, Answer: loadtest.JSON(wire.Result{Status: s.statuses[run], Result: loadtest.JSON([][]json.RawMessage{did, heard})})})
	}
	return ops
}

func TestCheck(t *testing.T) {
	answered := func(o *op.Op, name string, value any) { loadtest.Respell(&o.Answer, name, value) }
	for _, c := range []struct {
		name  string
		spoil func(s *story)
		want  string
	}{
		{"right", func(*story) {}, ""},
		{"the old run goes on", func(s *story) {
			s.statuses["r1"], s.histories["r1"] = "completed", s.histories["r1"][:7]
		}, "run r1 was open when it was reset as r2, and is completed"},
		{"two runs for one request", func(s *story) {
			s.ops = append(s.ops, s.ops[2])
			answered(&s.ops[6], "run_id", "r9")
		}, "one reset of it made the runs r2 and r9"},
		{"a run of nobody", func(s *story) { s.ops[5].Answer = loadtest.JSON(map[string]string{"r7": "it"}) }, "run r7 of it was asked for by nobody"},
		{"no run", func(s *story) { delete(s.histories, "r2") }, "was acknowledged as run r2, and there is none"},
		{"one event too many", func(s *story) { answered(&s.ops[2], "event", 6) }, "event 6 of run r2 is WorkflowReset"},
		{"another beginning", func(s *story) { s.histories["r2"][1].At = 5 }, "of which it is a copy"},
		{"done again", func(s *story) { s.does("r2", 2) }, "step 2 of run r2 was done again by w1"},
		{"scheduled again", func(s *story) {
			s.histories["r2"] = slices.Insert(s.histories["r2"], 7, loadtest.Made{Type: "ActivityScheduled", Data: map[string]any{"id": 1}})
		}, "schedules step 1 again"},
		{"a result of nobody", func(s *story) { s.lines = slices.Delete(s.lines, 2, 3) }, "step 3 of run r2 completed in attempt 1"},
		{"a signal too few", func(s *story) { s.histories["r2"] = slices.Delete(s.histories["r2"], 6, 7) }, "run r2 was handed 1 signals"},
		{"a signal not handed", func(s *story) { answered(&s.ops[2], "messages", 0) }, "run r2 was handed 0 signals"},
		{"a signal twice", func(s *story) { s.histories["r1"] = slices.Insert(s.histories["r1"], 6, heard("a")) }, "run r1 took signal \"a\", and has it 2 times"},
		{"another signal", func(s *story) { s.histories["r3"][2] = heard("b") }, "the signal 1 that run r3 was handed is"},
		{"never settled", func(s *story) { s.ops = slices.Delete(s.ops, 4, 5) }, "has no known outcome"},
		{"refused for no reason", func(s *story) { s.ops[4].Outcome, s.ops[4].Code = op.Refused, "internal" }, "was refused with internal"},
		{"it does not end", func(s *story) { s.statuses["r3"] = "running" }, "run r3 is \"running\""},
		{"given twice", func(s *story) { s.lines = append(s.lines, s.lines[0]) }, "was given to w1 and to w1"},
	} {
		s := newStory()
		c.spoil(s)
		loadtest.Expect(t, c.name, new(Workload).Check(s.all()), c.want)
	}
}
