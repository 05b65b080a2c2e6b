package progress

import (
	"encoding/json"
	"fmt"
	"testing"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/jepsen/worker"
	"aion.dev/aion/transport/wire"
)

// story is a run with every kind of step, its signal, its child and its ledger, for tests to
// corrupt.
type story struct {
	input  task
	began  task // what the caller asked for
	run    []loadtest.Made
	child  []loadtest.Made
	ledger []worker.Line
	status string
	result any
	more   []op.Op
}

func newStory() *story {
	order := func(tag string) worker.Order { return worker.Order{Plan: []string{worker.Do}, Tag: tag} }
	out := func(step uint64, attempt uint32, tag string) map[string]any {
		return map[string]any{"run": "r1", "step": step, "attempt": attempt, "tag": tag, "worker": "w1", "pid": 7}
	}
	line := func(step uint64, attempt uint32, tag string) worker.Line {
		return worker.Line{E: worker.Effect, Worker: "w1", Workflow: "p", Run: "r1", Step: step, Attempt: attempt, Value: loadtest.JSON(out(step, attempt, tag))}
	}
	child := []stage{{Do: "timer", For: "5ms"}}
	s := &story{status: "completed", input: task{[]stage{
		{Do: "activity", Orders: []worker.Order{order("a")}}, {Do: "timer", For: "9ms"}, {Do: "signal", Name: "go-2"},
		{Do: "pair", Orders: []worker.Order{order("b"), order("c")}}, {Do: "child", Steps: child},
	}}}
	s.began = s.input
	result := []any{out(1, 2, "a"), "9ms", "go-2", []any{out(4, 1, "b"), out(5, 1, "c")}, []any{"5ms"}}
	s.result = result
	s.run = []loadtest.Made{
		{At: 0, Type: "WorkflowStarted", Data: map[string]any{"workflow_id": "p", "run_id": "r1", "input": s.input}},
		{At: 1, Type: "SignalReceived", Data: map[string]any{"name": "go-2", "payload": "go-2"}},
		{At: 2, Type: "ActivityScheduled", Data: map[string]any{"id": 1, "activity": "progress", "input": order("a")}},
		{At: 3, Type: "ActivityStarted", Data: map[string]any{"id": 1, "attempt": 1}},
		{At: 4, Type: "ActivityStarted", Data: map[string]any{"id": 1, "attempt": 2}},
		{At: 5, Type: "ActivityCompleted", Data: map[string]any{"id": 1, "attempt": 2, "result": out(1, 2, "a")}},
		{At: 6, Type: "TimerStarted", Data: map[string]any{"id": 2}},
		{At: 15, Type: "TimerFired", Data: map[string]any{"id": 2}},
		{At: 16, Type: "ActivityScheduled", Data: map[string]any{"id": 4, "activity": "progress", "input": order("b")}},
		{At: 16, Type: "ActivityScheduled", Data: map[string]any{"id": 5, "activity": "progress", "input": order("c")}},
		{At: 17, Type: "ActivityCompleted", Data: map[string]any{"id": 5, "attempt": 1, "result": out(5, 1, "c")}},
		{At: 18, Type: "ActivityCompleted", Data: map[string]any{"id": 4, "attempt": 1, "result": out(4, 1, "b")}},
		{At: 19, Type: "ChildWorkflowStarted", Data: map[string]any{"id": 6, "workflow_id": "p:6"}},
		{At: 20, Type: "ChildWorkflowCompleted", Data: map[string]any{"id": 6, "result": []any{"5ms"}}},
		{At: 21, Type: "WorkflowCompleted", Data: map[string]any{"result": result}},
	}
	s.child = []loadtest.Made{
		{At: 19, Type: "WorkflowStarted", Data: map[string]any{"workflow_id": "p:6", "run_id": "r2", "input": task{child}}},
		{At: 19, Type: "TimerStarted", Data: map[string]any{"id": 1}}, {At: 19, Type: "TimerFired", Data: map[string]any{"id": 1}},
		{At: 20, Type: "WorkflowCompleted", Data: map[string]any{"result": []any{"5ms"}}},
	}
	s.ledger = []worker.Line{line(1, 1, "a"), line(1, 2, "a"), line(4, 1, "b"), line(5, 1, "c")}
	return s
}

func (s *story) ops() []op.Op {
	record := func(f, key string, answer any) op.Op {
		return op.Op{Workload: "progress", F: f, Key: key, Outcome: op.OK, Answer: loadtest.JSON(answer), Invoke: 100, Return: 101}
	}
	ops := []op.Op{{Workload: "progress", F: "start", Key: "p", Value: loadtest.JSON(s.began), Outcome: op.OK, Return: 10}}
	if s.run != nil {
		ops = append(ops, record("result", "p", wire.Result{Status: s.status, Result: loadtest.JSON(s.result)}), record("history", "p", loadtest.MadeHistory(s.run)))
	}
	ops = append(ops, record("result", "p:6", wire.Result{Status: "completed", Result: loadtest.JSON([]string{"5ms"})}), record("history", "p:6", loadtest.MadeHistory(s.child)), record("ledger", "", s.ledger))
	return append(ops, s.more...)
}

func TestCheck(t *testing.T) {
	cut := func(s *story, i int) { s.run = append(s.run[:i:i], s.run[i+1:]...) }
	twice := func(s *story, i int) {
		s.run = append(s.run[:i+1:i+1], s.run[i:]...)
	}
	for _, c := range []struct {
		name  string
		spoil func(s *story)
		want  string
	}{
		{"right", func(*story) {}, ""},
		{"lost", func(s *story) { s.run = nil }, "there is no such run"},
		{"open", func(s *story) { s.status = "running" }, "after the healed cluster"},
		{"another input", func(s *story) { s.began = task{} }, "the history says with"},
		{"another result", func(s *story) { s.result = []int{1} }, "its result is"},
		{"failed", func(s *story) { s.run[14].Type = "WorkflowFailed" }, "ended with WorkflowFailed"},
		{"returned something else", func(s *story) { s.run[14].Data = map[string]any{"result": "x"} }, "its steps gave"},
		{"a step twice", func(s *story) { twice(s, 6) }, "is of no step that comes now"},
		{"a step left out", func(s *story) { cut(s, 6); cut(s, 6) }, "is of no step that comes now"},
		{"an outcome twice", func(s *story) { twice(s, 7) }, "ended before: true"},
		{"no outcome", func(s *story) { cut(s, 13) }, "has no outcome"},
		{"the next step too early", func(s *story) { s.run[5], s.run[6] = s.run[6], s.run[5]; s.run[6].At = 6 }, "before step 0"},
		{"another order", func(s *story) { s.run[2].Data["input"] = worker.Order{Tag: "z"} }, "was scheduled with"},
		{"a step failed", func(s *story) { s.run[7].Type = "TimerCancelled" }, "ended with TimerCancelled"},
		{"not in the ledger", func(s *story) { s.ledger = s.ledger[:1] }, "the ledger says"},
		{"the outcome of another attempt", func(s *story) { s.run[5].Data["attempt"] = 1 }, "the ledger says"},
		{"an attempt given to two", func(s *story) { s.ledger = append(s.ledger, s.ledger[0]) }, "was given to"},
		{"a signal lost", func(s *story) { s.run[1].Data["name"] = "other" }, "received 0 times"},
		{"a signal twice", func(s *story) { twice(s, 1) }, "received 2 times"},
		{"a signal from nowhere", func(s *story) { s.run[1].Data["name"] = "other" }, "never sent"},
		{"time goes back", func(s *story) { s.run[8].At = 1 }, "before the one before it"},
		{"the child went astray", func(s *story) { s.child = s.child[:2] }, "p:6"},
		{"refused though acknowledged", func(s *story) {
			s.more = []op.Op{{Workload: "progress", F: "signal", Key: "p", Outcome: op.Refused, Code: "not_found", Invoke: 20}}
		}, "though the start had been acknowledged"},
		{"refused under a new request id", func(s *story) {
			s.more = []op.Op{
				{Workload: "progress", F: "signal", Key: "p", Request: "s", Outcome: op.Refused, Code: "not_found", Invoke: 20},
				{Workload: "progress", F: "signal", Key: "p", Request: "s", Outcome: op.Refused, Code: "not_found", Invoke: 30},
			}
		}, "though the start had been acknowledged"},
		{"refused before the start, and again", func(s *story) {
			s.more = []op.Op{
				{Workload: "progress", F: "signal", Key: "p", Request: "s", Outcome: op.Unknown, Invoke: 5},
				{Workload: "progress", F: "signal", Key: "p", Request: "s", Outcome: op.Refused, Code: "not_found", Invoke: 20},
			}
		}, ""},
	} {
		s := newStory()
		c.spoil(s)
		loadtest.Expect(t, c.name, new(Workload).Check(s.ops()), c.want)
	}
	gap := newStory().ops()
	h := loadtest.MadeHistory(newStory().run)
	h.Events[3].Seq = 9
	gap[2].Answer = loadtest.JSON(h)
	loadtest.Expect(t, "a gap in seq", new(Workload).Check(gap), "has seq 9")
	broken := newStory().ops()
	broken[2].Answer = json.RawMessage(`[]`)
	loadtest.Expect(t, "unreadable", new(Workload).Check(broken), "operation")
}

// A seed always draws the same steps.
func TestDrawSteps(t *testing.T) {
	e := &load.Env{Seed: 3}
	a, b := fmt.Sprint(drawSteps(e.Rand(1), "x", 10, true)), fmt.Sprint(drawSteps(e.Rand(1), "x", 10, true))
	if a != b {
		t.Errorf("%s\n%s", a, b)
	}
}
