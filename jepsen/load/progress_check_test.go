package load

import (
	"encoding/json"
	"fmt"
	"testing"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/jepsen/worker"
	"aion.dev/aion/transport/wire"
)

// progressStory is a run with every kind of step, its signal, its child and its ledger, for tests to spoil.
type progressStory struct {
	input  progressInput
	began  progressInput // what the caller asked for
	run    []made
	child  []made
	ledger []worker.Line
	status string
	result any
	more   []op.Op
}

func newProgressStory() *progressStory {
	order := func(tag string) worker.Order { return worker.Order{Plan: []string{worker.Do}, Tag: tag} }
	out := func(step uint64, attempt uint32, tag string) map[string]any {
		return map[string]any{"run": "r1", "step": step, "attempt": attempt, "tag": tag, "worker": "w1", "pid": 7}
	}
	line := func(step uint64, attempt uint32, tag string) worker.Line {
		return worker.Line{E: worker.Effect, Worker: "w1", Workflow: "p", Run: "r1", Step: step, Attempt: attempt, Value: mustJSON(out(step, attempt, tag))}
	}
	child := []progressStep{{Do: "timer", For: "5ms"}}
	s := &progressStory{status: "completed", input: progressInput{[]progressStep{
		{Do: "activity", Orders: []worker.Order{order("a")}}, {Do: "timer", For: "9ms"}, {Do: "signal", Name: "go-2"},
		{Do: "pair", Orders: []worker.Order{order("b"), order("c")}}, {Do: "child", Steps: child},
	}}}
	s.began = s.input
	result := []any{out(1, 2, "a"), "9ms", "go-2", []any{out(4, 1, "b"), out(5, 1, "c")}, []any{"5ms"}}
	s.result = result
	s.run = []made{
		{0, "WorkflowStarted", map[string]any{"workflow_id": "p", "run_id": "r1", "input": s.input}},
		{1, "SignalReceived", map[string]any{"name": "go-2", "payload": "go-2"}},
		{2, "ActivityScheduled", map[string]any{"id": 1, "activity": "progress", "input": order("a")}},
		{3, "ActivityStarted", map[string]any{"id": 1, "attempt": 1}},
		{4, "ActivityStarted", map[string]any{"id": 1, "attempt": 2}},
		{5, "ActivityCompleted", map[string]any{"id": 1, "attempt": 2, "result": out(1, 2, "a")}},
		{6, "TimerStarted", map[string]any{"id": 2}},
		{15, "TimerFired", map[string]any{"id": 2}},
		{16, "ActivityScheduled", map[string]any{"id": 4, "activity": "progress", "input": order("b")}},
		{16, "ActivityScheduled", map[string]any{"id": 5, "activity": "progress", "input": order("c")}},
		{17, "ActivityCompleted", map[string]any{"id": 5, "attempt": 1, "result": out(5, 1, "c")}},
		{18, "ActivityCompleted", map[string]any{"id": 4, "attempt": 1, "result": out(4, 1, "b")}},
		{19, "ChildWorkflowStarted", map[string]any{"id": 6, "workflow_id": "p:6"}},
		{20, "ChildWorkflowCompleted", map[string]any{"id": 6, "result": []any{"5ms"}}},
		{21, "WorkflowCompleted", map[string]any{"result": result}},
	}
	s.child = []made{
		{19, "WorkflowStarted", map[string]any{"workflow_id": "p:6", "run_id": "r2", "input": progressInput{child}}},
		{19, "TimerStarted", map[string]any{"id": 1}}, {19, "TimerFired", map[string]any{"id": 1}},
		{20, "WorkflowCompleted", map[string]any{"result": []any{"5ms"}}},
	}
	s.ledger = []worker.Line{line(1, 1, "a"), line(1, 2, "a"), line(4, 1, "b"), line(5, 1, "c")}
	return s
}

func (s *progressStory) ops() []op.Op {
	record := func(f, key string, answer any) op.Op {
		return op.Op{Workload: "progress", F: f, Key: key, Outcome: op.OK, Answer: mustJSON(answer), Invoke: 100, Return: 101}
	}
	ops := []op.Op{{Workload: "progress", F: "start", Key: "p", Value: mustJSON(s.began), Outcome: op.OK, Return: 10}}
	if s.run != nil {
		ops = append(ops, record("result", "p", wire.Result{Status: s.status, Result: mustJSON(s.result)}), record("history", "p", madeHistory(s.run)))
	}
	ops = append(ops, record("result", "p:6", wire.Result{Status: "completed", Result: mustJSON([]string{"5ms"})}), record("history", "p:6", madeHistory(s.child)), record("ledger", "", s.ledger))
	return append(ops, s.more...)
}

func TestProgressCheck(t *testing.T) {
	cut := func(s *progressStory, i int) { s.run = append(s.run[:i:i], s.run[i+1:]...) }
	twice := func(s *progressStory, i int) {
		s.run = append(s.run[:i+1:i+1], s.run[i:]...)
	}
	for _, c := range []struct {
		name  string
		spoil func(s *progressStory)
		want  string
	}{
		{"right", func(*progressStory) {}, ""},
		{"lost", func(s *progressStory) { s.run = nil }, "there is no such run"},
		{"open", func(s *progressStory) { s.status = "running" }, "after the healed cluster"},
		{"another input", func(s *progressStory) { s.began = progressInput{} }, "the history says with"},
		{"another result", func(s *progressStory) { s.result = []int{1} }, "its result is"},
		{"failed", func(s *progressStory) { s.run[14].typ = "WorkflowFailed" }, "ended with WorkflowFailed"},
		{"returned something else", func(s *progressStory) { s.run[14].data = map[string]any{"result": "x"} }, "its steps gave"},
		{"a step twice", func(s *progressStory) { twice(s, 6) }, "is of no step that comes now"},
		{"a step left out", func(s *progressStory) { cut(s, 6); cut(s, 6) }, "is of no step that comes now"},
		{"an outcome twice", func(s *progressStory) { twice(s, 7) }, "ended before: true"},
		{"no outcome", func(s *progressStory) { cut(s, 13) }, "has no outcome"},
		{"the next step too early", func(s *progressStory) { s.run[5], s.run[6] = s.run[6], s.run[5]; s.run[6].at = 6 }, "before step 0"},
		{"another order", func(s *progressStory) { s.run[2].data["input"] = worker.Order{Tag: "z"} }, "was scheduled with"},
		{"a step failed", func(s *progressStory) { s.run[7].typ = "TimerCancelled" }, "ended with TimerCancelled"},
		{"not in the ledger", func(s *progressStory) { s.ledger = s.ledger[:1] }, "the ledger says"},
		{"the outcome of another attempt", func(s *progressStory) { s.run[5].data["attempt"] = 1 }, "the ledger says"},
		{"an attempt given to two", func(s *progressStory) { s.ledger = append(s.ledger, s.ledger[0]) }, "was given to"},
		{"a signal lost", func(s *progressStory) { s.run[1].data["name"] = "other" }, "received 0 times"},
		{"a signal twice", func(s *progressStory) { twice(s, 1) }, "received 2 times"},
		{"a signal from nowhere", func(s *progressStory) { s.run[1].data["name"] = "other" }, "never sent"},
		{"time goes back", func(s *progressStory) { s.run[8].at = 1 }, "before the one before it"},
		{"the child went astray", func(s *progressStory) { s.child = s.child[:2] }, "p:6"},
		{"refused though acknowledged", func(s *progressStory) {
			s.more = []op.Op{{Workload: "progress", F: "signal", Key: "p", Outcome: op.Refused, Code: "not_found", Invoke: 20}}
		}, "though the start had been acknowledged"},
		{"refused under a new request id", func(s *progressStory) {
			s.more = []op.Op{
				{Workload: "progress", F: "signal", Key: "p", Request: "s", Outcome: op.Refused, Code: "not_found", Invoke: 20},
				{Workload: "progress", F: "signal", Key: "p", Request: "s", Outcome: op.Refused, Code: "not_found", Invoke: 30},
			}
		}, "though the start had been acknowledged"},
		{"refused before the start, and again", func(s *progressStory) {
			s.more = []op.Op{
				{Workload: "progress", F: "signal", Key: "p", Request: "s", Outcome: op.Unknown, Invoke: 5},
				{Workload: "progress", F: "signal", Key: "p", Request: "s", Outcome: op.Refused, Code: "not_found", Invoke: 20},
			}
		}, ""},
	} {
		s := newProgressStory()
		c.spoil(s)
		expect(t, c.name, new(progress).Check(s.ops()), c.want)
	}
	gap := newProgressStory().ops()
	h := madeHistory(newProgressStory().run)
	h.Events[3].Seq = 9
	gap[2].Answer = mustJSON(h)
	expect(t, "a gap in seq", new(progress).Check(gap), "has seq 9")
	broken := newProgressStory().ops()
	broken[2].Answer = json.RawMessage(`[]`)
	expect(t, "unreadable", new(progress).Check(broken), "operation")
}

// The steps that a seed draws are always the same ones.
func TestDrawSteps(t *testing.T) {
	e := &Env{Seed: 3}
	a, b := fmt.Sprint(drawSteps(e.Rand(1), "x", 10, true)), fmt.Sprint(drawSteps(e.Rand(1), "x", 10, true))
	if a != b {
		t.Errorf("%s\n%s", a, b)
	}
}
