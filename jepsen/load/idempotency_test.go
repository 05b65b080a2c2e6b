package load

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// idemWorld is a short right history: every kind of change is made twice under one id, the second answer says that it is a repetition, and everything came of it once.
type idemWorld struct {
	ops     []op.Op // in pairs, see try
	deploys []wire.Deploy
	idle    []wire.Run
	brief   []wire.Run
	events  []wire.Event // of run r
	state   map[string]any
	rules   []wire.Retention
	more    op.Op
}

// try is the n-th operation under a request id.
func (w *idemWorld) try(request string, n int) *op.Op {
	for i := range w.ops {
		if w.ops[i].Request == request {
			if n--; n < 0 {
				return &w.ops[i]
			}
		}
	}
	panic(request)
}

func newIdemWorld() *idemWorld {
	w := &idemWorld{state: map[string]any{}}
	now := int64(0)
	index := uint64(10)
	pair := func(f, key, request, code string, n int, answer facts) {
		index++
		for i := range 2 {
			o := idemOp(f, key, idemAsk{N: n})
			o.Request, o.Index, o.Code, o.Outcome, o.Replayed = request, index, code, op.OK, i > 0
			if code != "" {
				o.Outcome = op.Refused
			}
			if answer["deduplicated"] = i > 0; i == 0 {
				delete(answer, "deduplicated")
			}
			now += 10
			o.Invoke, o.Return, o.Answer = now, now+5, mustJSON(answer)
			w.ops = append(w.ops, o)
		}
		if slices.Contains([]string{"load", "route", "rollback", "unload"}, f) {
			outcome := code
			if code == "" {
				outcome = "ok"
			}
			w.deploys = append(w.deploys, wire.Deploy{Index: index, Operation: f, Outcome: outcome, RequestID: request})
		}
	}
	run := facts{"workflow_id": "w", "run_id": "r"}
	pair("load", "t", "load1", "", 0, facts{"version": "v0"})
	pair("unload", "t", "unload1", "route_active", 0, facts{})
	pair("start", "w", "start1", "", 1, run)
	pair("start", "w", "start2", "already_running", 1, run)
	for _, f := range []string{"signal", "pause", "resume", "cancel", "terminate", "reopen"} {
		pair(f, "w", f+"1", "", 1, run)
	}
	pair("end", "w", "end1", "not_running", 1, run)
	pair("trigger", "trigger0", "trigger1", "", 1, facts{"runs": []any{run}})
	pair("create", "schedule0", "create1", "", 5, facts{})
	pair("replace", "schedule0", "replace1", "", 6, facts{})
	pair("create", "schedule1", "create2", "", 5, facts{})
	pair("delete", "schedule1", "delete1", "", 5, facts{})
	pair("limit", "queue0", "limit1", "", 7, facts{})
	pair("retain", "kept0", "retain1", "", 8, facts{})
	pair("retain", "kept1", "retain2", "", 8, facts{})
	pair("forget", "kept1", "forget1", "", 8, facts{})
	other := idemOp("start", "w", idemAsk{N: 1, Other: true})
	other.Request, other.Outcome, other.Code, other.Index, other.Invoke = "start1", op.Refused, "request_mismatch", index, now+10
	failed := idemOp("start", "w", idemAsk{N: 1})
	failed.Request, failed.Outcome = "start3", op.Failed
	w.ops = append(w.ops, other, failed)
	w.idle = []wire.Run{{WorkflowID: "w", RunID: "r", Attributes: wire.Attributes{"request": mustJSON("start1")}}}
	w.brief = []wire.Run{{RunID: "b", Schedule: "trigger0"}}
	w.events = []wire.Event{
		pastEvent(1, "WorkflowStarted", facts{}), pastEvent(2, "SignalReceived", facts{"payload": "signal1"}), pastEvent(3, "WorkflowPaused", facts{"reason": "pause1"}), pastEvent(4, "WorkflowResumed", facts{}),
		pastEvent(5, "CancelRequested", facts{"reason": "cancel1"}), pastEvent(6, "WorkflowTerminated", facts{"reason": "terminate1"}), pastEvent(7, "WorkflowReopened", facts{"reason": "reopen1"}),
	}
	w.state["schedule-is schedule0"] = facts{"input": 6}
	w.state["schedule-is schedule1"] = facts{}
	w.state["schedule-is trigger0"] = facts{"input": 0, "started": 1}
	w.state["queue-is queue0"] = facts{"limits": facts{"concurrency": 7}}
	w.rules = []wire.Retention{{WorkflowType: "kept0", Age: "1008h0m0s"}}
	return w
}

func (w *idemWorld) history() []op.Op {
	ops := append([]op.Op{}, w.ops...)
	read := func(f, key string, answer any) {
		ops = append(ops, op.Op{Workload: "idempotency", F: f, Key: key, Outcome: op.OK, Index: 99, Answer: mustJSON(answer)})
	}
	for _, name := range slices.Sorted(maps.Keys(w.state)) {
		f, key, _ := strings.Cut(name, " ")
		read(f, key, w.state[name])
	}
	read("retention-is", "", wire.RetentionRules{Rules: w.rules})
	read("runs", "idle", w.idle)
	read("runs", "brief", w.brief)
	read("deploys", "", wire.Deploys{Deploys: w.deploys})
	return append(ops, historyOf("idempotency", "w", "r", w.events...), w.more)
}

func TestIdempotencyCheck(t *testing.T) {
	twice := func(i int) func(w *idemWorld) {
		return func(w *idemWorld) { w.events = append(w.events, w.events[i]) }
	}
	without := func(i int) func(w *idemWorld) {
		return func(w *idemWorld) { w.events = slices.Delete(w.events, i, i+1) }
	}
	refuse := func(request string) func(w *idemWorld) {
		return func(w *idemWorld) {
			for i := range 2 {
				w.try(request, i).Outcome, w.try(request, i).Code = op.Refused, "not_running"
			}
		}
	}
	for _, test := range []struct {
		name, want string
		spoil      func(w *idemWorld)
	}{
		{"right", "", func(w *idemWorld) {}},
		{"another index", "was answered ok at index 13", func(w *idemWorld) { w.try("start1", 1).Index++ }},
		{"another answer", "was answered ok", func(w *idemWorld) { respell(&w.try("start1", 1).Answer, "run_id", "other") }},
		{"a refusal that changed its mind", "and then ok", func(w *idemWorld) { w.try("unload1", 1).Outcome, w.try("unload1", 1).Code = op.OK, "" }},
		{"another refusal", "and then refusedunknown_version", func(w *idemWorld) { w.try("unload1", 1).Code = "unknown_version" }},
		{"two first answers", "two answers say", func(w *idemWorld) { w.try("start1", 1).Replayed = false }},
		{"taken for another", "the same request was refused as another", func(w *idemWorld) {
			w.try("start1", 1).Outcome, w.try("start1", 1).Code = op.Refused, "request_mismatch"
		}},
		{"forgotten", "refused before the log afterwards", func(w *idemWorld) {
			o := w.try("start1", 1)
			o.Outcome, o.Code, o.Index = op.Refused, "invalid_input", 0
		}},
		{"another body", "with another body it was answered", func(w *idemWorld) { w.try("start1", 2).Outcome, w.try("start1", 2).Code = op.OK, "" }},
		{"deployed twice", "2 times in the deploy history", func(w *idemWorld) { w.deploys = append(w.deploys, w.deploys[0]) }},
		{"not deployed", "the deploy history does not have it", func(w *idemWorld) { w.deploys = w.deploys[1:] }},
		{"deployed otherwise", "the deploy history has it at index", func(w *idemWorld) { w.deploys[1].Outcome = "ok" }},
		{"deployed though it failed", "the deploy history has it at index", func(w *idemWorld) {
			w.try("load1", 0).Outcome, w.try("load1", 1).Outcome = op.Failed, op.Failed
		}},
		{"started twice", "made 2 runs", func(w *idemWorld) { w.idle = append(w.idle, w.idle[0]) }},
		{"not started", "there are []", func(w *idemWorld) { w.idle = nil }},
		{"started though refused", "start start2 did not happen", func(w *idemWorld) {
			w.idle = append(w.idle, wire.Run{RunID: "x", Attributes: wire.Attributes{"request": mustJSON("start2")}})
		}},
		{"started though it failed", "start start3 did not happen", func(w *idemWorld) {
			w.idle = append(w.idle, wire.Run{RunID: "x", Attributes: wire.Attributes{"request": mustJSON("start3")}})
		}},
		{"signalled twice", "signal signal1 of w happened 2 times", twice(1)},
		{"not signalled", "signal signal1 of w was acknowledged, and is not", without(1)},
		{"paused twice", "pause pause1 of w happened 2 times", twice(2)},
		{"resumed twice", "was resumed 2 times", twice(3)},
		{"cancelled twice", "cancel cancel1 of w happened 2 times", twice(4)},
		{"not cancelled", "never asked to end", without(4)},
		{"terminated twice", "terminate terminate1 of w happened 2 times", twice(5)},
		{"not terminated", "terminate terminate1 of w was acknowledged, and is not", without(5)},
		{"reopened twice", "reopen reopen1 of w happened 2 times", twice(6)},
		{"not reopened", "reopen reopen1 of w was acknowledged, and is not", without(6)},
		{"signalled though refused", "signal signal1 of w did not happen", refuse("signal1")},
		{"done with another body", "signal signal1 of w happened 2 times", func(w *idemWorld) {
			w.events = append(w.events, pastEvent(8, "SignalReceived", facts{"payload": "signal1-other"}))
		}},
		{"open twice", "w had two open runs", func(w *idemWorld) {
			w.more = historyOf("idempotency", "w", "z", pastEvent(8, "WorkflowStarted", facts{}))
		}},
		{"triggered twice", "there are 2", func(w *idemWorld) { w.brief = append(w.brief, w.brief[0]) }},
		{"counted twice", "it has counted 2", func(w *idemWorld) { w.state["schedule-is trigger0"] = facts{"started": 2} }},
		{"two runs of a trigger", "started 2 runs", func(w *idemWorld) {
			for i := range 2 {
				respell(&w.try("trigger1", i).Answer, "runs", []any{facts{}, facts{}})
			}
		}},
		{"an older schedule", `schedule0 is "5" in the end`, func(w *idemWorld) { w.state["schedule-is schedule0"] = facts{"input": 5} }},
		{"a schedule that was deleted", `schedule1 is "5" in the end`, func(w *idemWorld) { w.state["schedule-is schedule1"] = facts{"input": 5} }},
		{"no limit", `queue0 is "" in the end`, func(w *idemWorld) { w.state["queue-is queue0"] = facts{} }},
		{"no rule", `kept0 is "" in the end`, func(w *idemWorld) { w.rules = nil }},
		{"a rule that was taken away", `kept1 is "8" in the end`, func(w *idemWorld) { w.rules = append(w.rules, wire.Retention{WorkflowType: "kept1", Age: "1008h"}) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newIdemWorld()
			test.spoil(w)
			expect(t, test.name, (&idempotency{}).Check(w.history()), test.want)
		})
	}
}
