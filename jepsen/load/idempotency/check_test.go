package idempotency

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// world is a short correct history: every kind of change is made twice under one id, the second
// answer is marked as a repetition, and everything happened once.
type world struct {
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
func (w *world) try(request string, n int) *op.Op {
	for i := range w.ops {
		if w.ops[i].Request == request {
			if n--; n < 0 {
				return &w.ops[i]
			}
		}
	}
	panic(request)
}

func newWorld() *world {
	w := &world{state: map[string]any{}}
	now := int64(0)
	index := uint64(10)
	pair := func(f, key, request, code string, n int, answer loadtest.Facts) {
		index++
		for i := range 2 {
			o := newOp(f, key, arguments{N: n})
			o.Request, o.Index, o.Code, o.Outcome, o.Replayed = request, index, code, op.OK, i > 0
			if code != "" {
				o.Outcome = op.Refused
			}
			if answer["deduplicated"] = i > 0; i == 0 {
				delete(answer, "deduplicated")
			}
			now += 10
			o.Invoke, o.Return, o.Answer = now, now+5, loadtest.JSON(answer)
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
	run := loadtest.Facts{"workflow_id": "w", "run_id": "r"}
	pair("load", "t", "load1", "", 0, loadtest.Facts{"version": "v0"})
	pair("unload", "t", "unload1", "route_active", 0, loadtest.Facts{})
	pair("start", "w", "start1", "", 1, run)
	pair("start", "w", "start2", "already_running", 1, run)
	for _, f := range []string{"signal", "pause", "resume", "cancel", "terminate", "reopen"} {
		pair(f, "w", f+"1", "", 1, run)
	}
	pair("end", "w", "end1", "not_running", 1, run)
	pair("trigger", "trigger0", "trigger1", "", 1, loadtest.Facts{"runs": []any{run}})
	pair("create", "schedule0", "create1", "", 5, loadtest.Facts{})
	pair("replace", "schedule0", "replace1", "", 6, loadtest.Facts{})
	pair("create", "schedule1", "create2", "", 5, loadtest.Facts{})
	pair("delete", "schedule1", "delete1", "", 5, loadtest.Facts{})
	pair("limit", "queue0", "limit1", "", 7, loadtest.Facts{})
	pair("retain", "kept0", "retain1", "", 8, loadtest.Facts{})
	pair("retain", "kept1", "retain2", "", 8, loadtest.Facts{})
	pair("forget", "kept1", "forget1", "", 8, loadtest.Facts{})
	other := newOp("start", "w", arguments{N: 1, Other: true})
	other.Request, other.Outcome, other.Code, other.Index, other.Invoke = "start1", op.Refused, "request_mismatch", index, now+10
	failed := newOp("start", "w", arguments{N: 1})
	failed.Request, failed.Outcome = "start3", op.Failed
	w.ops = append(w.ops, other, failed)
	w.idle = []wire.Run{{WorkflowID: "w", RunID: "r", Attributes: wire.Attributes{"request": loadtest.JSON("start1")}}}
	w.brief = []wire.Run{{RunID: "b", Schedule: "trigger0"}}
	w.events = []wire.Event{
		loadtest.Event(1, "WorkflowStarted", loadtest.Facts{}), loadtest.Event(2, "SignalReceived", loadtest.Facts{"payload": "signal1"}), loadtest.Event(3, "WorkflowPaused", loadtest.Facts{"reason": "pause1"}), loadtest.Event(4, "WorkflowResumed", loadtest.Facts{}),
		loadtest.Event(5, "CancelRequested", loadtest.Facts{"reason": "cancel1"}), loadtest.Event(6, "WorkflowTerminated", loadtest.Facts{"reason": "terminate1"}), loadtest.Event(7, "WorkflowReopened", loadtest.Facts{"reason": "reopen1"}),
	}
	w.state["schedule-is schedule0"] = loadtest.Facts{"input": 6}
	w.state["schedule-is schedule1"] = loadtest.Facts{}
	w.state["schedule-is trigger0"] = loadtest.Facts{"input": 0, "started": 1}
	w.state["queue-is queue0"] = loadtest.Facts{"limits": loadtest.Facts{"concurrency": 7}}
	w.rules = []wire.Retention{{WorkflowType: "kept0", Age: "1008h0m0s"}}
	return w
}

func (w *world) history() []op.Op {
	ops := append([]op.Op{}, w.ops...)
	read := func(f, key string, answer any) {
		ops = append(ops, op.Op{Workload: "idempotency", F: f, Key: key, Outcome: op.OK, Index: 99, Answer: loadtest.JSON(answer)})
	}
	for _, name := range slices.Sorted(maps.Keys(w.state)) {
		f, key, _ := strings.Cut(name, " ")
		read(f, key, w.state[name])
	}
	read("retention-is", "", wire.RetentionRules{Rules: w.rules})
	read("runs", "idle", w.idle)
	read("runs", "brief", w.brief)
	read("deploys", "", wire.Deploys{Deploys: w.deploys})
	return append(ops, loadtest.History("idempotency", "w", "r", w.events...), w.more)
}

func TestCheck(t *testing.T) {
	twice := func(i int) func(w *world) {
		return func(w *world) { w.events = append(w.events, w.events[i]) }
	}
	without := func(i int) func(w *world) {
		return func(w *world) { w.events = slices.Delete(w.events, i, i+1) }
	}
	refuse := func(request string) func(w *world) {
		return func(w *world) {
			for i := range 2 {
				w.try(request, i).Outcome, w.try(request, i).Code = op.Refused, "not_running"
			}
		}
	}
	for _, test := range []struct {
		name, want string
		spoil      func(w *world)
	}{
		{"right", "", func(w *world) {}},
		{"another index", "was answered ok at index 13", func(w *world) { w.try("start1", 1).Index++ }},
		{"another answer", "was answered ok", func(w *world) { loadtest.Respell(&w.try("start1", 1).Answer, "run_id", "other") }},
		{"a refusal that changed its mind", "and then ok", func(w *world) { w.try("unload1", 1).Outcome, w.try("unload1", 1).Code = op.OK, "" }},
		{"another refusal", "and then refusedunknown_version", func(w *world) { w.try("unload1", 1).Code = "unknown_version" }},
		{"two first answers", "two answers say", func(w *world) { w.try("start1", 1).Replayed = false }},
		{"taken for another", "the same request was refused as another", func(w *world) {
			w.try("start1", 1).Outcome, w.try("start1", 1).Code = op.Refused, "request_mismatch"
		}},
		{"forgotten", "refused before the log afterwards", func(w *world) {
			o := w.try("start1", 1)
			o.Outcome, o.Code, o.Index = op.Refused, "invalid_input", 0
		}},
		{"another body", "with another body it was answered", func(w *world) { w.try("start1", 2).Outcome, w.try("start1", 2).Code = op.OK, "" }},
		{"deployed twice", "2 times in the deploy history", func(w *world) { w.deploys = append(w.deploys, w.deploys[0]) }},
		{"not deployed", "the deploy history does not have it", func(w *world) { w.deploys = w.deploys[1:] }},
		{"deployed otherwise", "the deploy history has it at index", func(w *world) { w.deploys[1].Outcome = "ok" }},
		{"deployed though it failed", "the deploy history has it at index", func(w *world) {
			w.try("load1", 0).Outcome, w.try("load1", 1).Outcome = op.Failed, op.Failed
		}},
		{"started twice", "made 2 runs", func(w *world) { w.idle = append(w.idle, w.idle[0]) }},
		{"not started", "there are []", func(w *world) { w.idle = nil }},
		{"started though refused", "start start2 did not happen", func(w *world) {
			w.idle = append(w.idle, wire.Run{RunID: "x", Attributes: wire.Attributes{"request": loadtest.JSON("start2")}})
		}},
		{"started though it failed", "start start3 did not happen", func(w *world) {
			w.idle = append(w.idle, wire.Run{RunID: "x", Attributes: wire.Attributes{"request": loadtest.JSON("start3")}})
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
		{"done with another body", "signal signal1 of w happened 2 times", func(w *world) {
			w.events = append(w.events, loadtest.Event(8, "SignalReceived", loadtest.Facts{"payload": "signal1-other"}))
		}},
		{"open twice", "w had two open runs", func(w *world) {
			w.more = loadtest.History("idempotency", "w", "z", loadtest.Event(8, "WorkflowStarted", loadtest.Facts{}))
		}},
		{"triggered twice", "there are 2", func(w *world) { w.brief = append(w.brief, w.brief[0]) }},
		{"counted twice", "it has counted 2", func(w *world) { w.state["schedule-is trigger0"] = loadtest.Facts{"started": 2} }},
		{"two runs of a trigger", "started 2 runs", func(w *world) {
			for i := range 2 {
				loadtest.Respell(&w.try("trigger1", i).Answer, "runs", []any{loadtest.Facts{}, loadtest.Facts{}})
			}
		}},
		{"an older schedule", `schedule0 is "5" in the end`, func(w *world) { w.state["schedule-is schedule0"] = loadtest.Facts{"input": 5} }},
		{"a schedule that was deleted", `schedule1 is "5" in the end`, func(w *world) { w.state["schedule-is schedule1"] = loadtest.Facts{"input": 5} }},
		{"no limit", `queue0 is "" in the end`, func(w *world) { w.state["queue-is queue0"] = loadtest.Facts{} }},
		{"no rule", `kept0 is "" in the end`, func(w *world) { w.rules = nil }},
		{"a rule that was taken away", `kept1 is "8" in the end`, func(w *world) { w.rules = append(w.rules, wire.Retention{WorkflowType: "kept1", Age: "1008h"}) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld()
			test.spoil(w)
			loadtest.Expect(t, test.name, (&Workload{}).Check(w.history()), test.want)
		})
	}
}
