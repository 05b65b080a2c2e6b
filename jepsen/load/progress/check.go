package progress

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/fleet"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/jepsen/worker"
	"aion.dev/aion/transport/wire"
)

// Check walks through the history of every run together with its input. Every step is begun once,
// in order, and not before the previous one ended. It has one outcome; an activity's outcome is
// what a worker did in that attempt according to the ledger. The result is the outcomes in order,
// and every run ended in time.
func (w *Workload) Check(ops []op.Op) (found []load.Violation) {
	bad := func(o op.Op, format string, args ...any) {
		found = append(found, load.Violation{Checker: "progress", What: o.Key + ": " + fmt.Sprintf(format, args...), Ops: []int{o.ID}})
	}
	x, err := runs.EndingsOf(ops, "progress")
	if err != nil {
		return []load.Violation{{Checker: "progress", What: err.Error()}}
	}
	lines, err := fleet.LedgerOf(ops, "progress")
	if err != nil {
		return []load.Violation{{Checker: "progress", What: err.Error()}}
	}
	did := map[fleet.Attempt]worker.Line{}
	for _, l := range lines {
		at := fleet.Attempt{Run: l.Run, Step: l.Step, Attempt: l.Attempt}
		if l.E != worker.Effect {
			continue
		}
		if before, twice := did[at]; twice {
			found = append(found, load.Violation{Checker: "progress", What: fmt.Sprintf("%s: attempt %d of step %d was given to %s and to %s", l.Workflow, l.Attempt, l.Step, before.Worker, l.Worker)})
		}
		did[at] = l
	}
	// when each request id was used first: a refusal from before the start is repeated forever
	sent := map[string]int64{}
	for _, o := range ops {
		if at, again := sent[o.Request]; o.Request != "" && (!again || o.Invoke < at) {
			sent[o.Request] = o.Invoke
		}
	}
	for _, o := range ops {
		first, named := sent[o.Request]
		if !named {
			first = o.Invoke
		}
		if start, ok := x.Began[o.Key]; ok && o.Workload == "progress" && o.Outcome == op.Refused && start.Return < first {
			bad(o, "%s was refused with %s, though the start had been acknowledged", o.F, o.Code)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(x.Began)) {
		if _, ok := x.Histories[id]; !ok {
			bad(x.Began[id], "was acknowledged, and there is no such run")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(x.Histories)) {
		o := x.HistoryOp[id]
		if r := x.Results[id]; wire.Open(r.Status) {
			bad(x.ResultOp[id], "is %s, %s after the healed cluster last finished anything", r.Status, runs.Standstill)
			continue
		}
		events, problem := runs.EventsOf(x.Histories[id])
		if problem != "" {
			bad(o, "%s", problem)
			continue
		}
		if len(events) == 0 || events[0].Type != "WorkflowStarted" {
			bad(o, "the history does not begin with WorkflowStarted")
			continue
		}
		if start, ok := x.Began[id]; ok && !runs.SameJSON(start.Value, events[0].Input) {
			bad(o, "was started with %s, the history says with %s", start.Value, events[0].Input)
		}
		var input task
		if err := json.Unmarshal(events[0].Input, &input); err != nil {
			bad(o, "%v", err)
			continue
		}
		run := judge{steps: input.Steps, run: events[0].Run, did: did}
		for _, p := range run.check(events) {
			bad(o, "%s", p)
		}
		if last := events[len(events)-1]; last.Type == "WorkflowCompleted" && !runs.SameJSON(last.Result, x.Results[id].Result) {
			bad(x.ResultOp[id], "its result is %s, the history says %s", x.Results[id].Result, last.Result)
		}
	}
	return found
}

// judge judges one history.
type judge struct {
	steps []stage
	run   string
	did   map[fleet.Attempt]worker.Line
}

// begins maps a kind of step to the event that begins it, and to how many of them it has.
var begins = map[string]struct {
	event string
	n     int
}{"activity": {"ActivityScheduled", 1}, "pair": {"ActivityScheduled", 2}, "timer": {"TimerStarted", 1}, "child": {"ChildWorkflowStarted", 1}, "signal": {"", 0}}

func (r *judge) check(events []runs.Event) (problems []string) {
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	type open struct {
		step, part int
		begun      runs.Event
	}
	pending := map[uint64]open{} // begun and not ended, by ordinal
	ended := map[uint64]bool{}
	outcomes := make([][]json.RawMessage, len(r.steps))
	step, part := 0, 0 // what begins next
	for _, e := range events {
		switch e.Type {
		case "ActivityScheduled", "TimerStarted", "ChildWorkflowStarted":
			for step < len(r.steps) && (r.steps[step].Do == "signal" || part == begins[r.steps[step].Do].n) {
				step, part = step+1, 0
			}
			if step >= len(r.steps) || begins[r.steps[step].Do].event != e.Type {
				bad("event %d, a %s, is of no step that comes now (step %d of %d)", e.Seq, e.Type, step, len(r.steps))
				return
			}
			for id, p := range pending {
				if p.step < step {
					bad("step %d began at event %d, before step %d (ordinal %d) ended", step, e.Seq, p.step, id)
				}
			}
			if e.Type == "ActivityScheduled" {
				var order worker.Order
				if json.Unmarshal(e.Input, &order) != nil || order.Tag != r.steps[step].Orders[part].Tag {
					bad("step %d was scheduled with %s at event %d", step, e.Input, e.Seq)
				}
			}
			if outcomes[step] == nil {
				outcomes[step] = make([]json.RawMessage, begins[r.steps[step].Do].n)
			}
			pending[e.ID] = open{step, part, e}
			part++
		case "ActivityCompleted", "TimerFired", "ChildWorkflowCompleted", "ActivityFailed", "ActivityCancelled", "TimerCancelled", "ChildWorkflowFailed", "ChildWorkflowCancelled":
			p, ok := pending[e.ID]
			if !ok {
				bad("event %d, a %s, ends ordinal %d, which is not under way (ended before: %t)", e.Seq, e.Type, e.ID, ended[e.ID])
				continue
			}
			delete(pending, e.ID)
			ended[e.ID] = true
			if strings.HasSuffix(e.Type, "Failed") || strings.HasSuffix(e.Type, "Cancelled") {
				bad("step %d ended with %s at event %d", p.step, e.Type, e.Seq)
				continue
			}
			outcomes[p.step][p.part] = e.Result
			if e.Type == "TimerFired" {
				outcomes[p.step][p.part], _ = json.Marshal(r.steps[p.step].For)
			}
			if e.Type == "ActivityCompleted" {
				l, ok := r.did[fleet.Attempt{Run: r.run, Step: e.ID, Attempt: e.Attempt}]
				if !ok || l.Failed || !runs.SameJSON(l.Value, e.Result) {
					bad("step %d is recorded with %s of attempt %d at event %d; the ledger says %s", p.step, e.Result, e.Attempt, e.Seq, l.Value)
				}
			}
		}
	}
	signals := map[string]int{}
	for _, e := range events {
		if e.Type == "SignalReceived" {
			signals[e.Name]++
		}
	}
	var want []json.RawMessage
	for i, s := range r.steps {
		switch {
		case s.Do == "signal":
			if signals[s.Name] != 1 {
				bad("signal %s was received %d times", s.Name, signals[s.Name])
			}
			delete(signals, s.Name)
			b, _ := json.Marshal(s.Name)
			want = append(want, b)
		case len(outcomes[i]) == 0 || slices.ContainsFunc(outcomes[i], func(b json.RawMessage) bool { return b == nil }):
			bad("step %d, a %s, has no outcome", i, s.Do)
			return
		case s.Do == "pair":
			b, _ := json.Marshal(outcomes[i])
			want = append(want, b)
		default:
			want = append(want, outcomes[i][0])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(signals)) {
		bad("signal %s was received and never sent", name)
	}
	last := events[len(events)-1]
	if last.Type != "WorkflowCompleted" {
		bad("ended with %s: %s", last.Type, last.Data)
	} else if b, _ := json.Marshal(want); !runs.SameJSON(b, last.Result) {
		bad("returned %s; its steps gave %s", last.Result, b)
	}
	return problems
}
