package children

import (
	"maps"
	"slices"
	"testing"

	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// world is a short correct history: p starts t, c, a (to be terminated, cancelled and left alone
// with it) and e, whose end it hears, and fails to start a fifth; it gives g up; then it completes.
// A caller had asked c to cancel before it continued as c2, and d is a root that a caller
// terminated.
type world struct {
	runs   map[string][]wire.Event // by run id, which is the workflow id with an r before it
	ops    []op.Op
	listed []string

	deploys []wire.Deploy
}

func newWorld() *world {
	w := &world{runs: map[string][]wire.Event{}}
	started := func(id string, more loadtest.Facts) loadtest.Facts {
		d := loadtest.Facts{"workflow_id": id, "run_id": "r" + id, "workflow_type": "tree", "version": "v0"}
		for k, v := range more {
			d[k] = v
		}
		return d
	}
	policies := []string{"", "cancel", "abandon"} // terminate is left out
	child := func(n int, id string, policy int) loadtest.Facts {
		return loadtest.Facts{"id": n, "workflow_id": id, "workflow_type": "tree", "run_id": "r" + id, "version": "v0", "version_choice": "parent", "on_parent_close": policies[policy]}
	}
	of := func(n, policy int) loadtest.Facts {
		return loadtest.Facts{"parent": loadtest.Facts{"workflow_id": "p", "run_id": "rp", "id": n, "on_parent_close": policies[policy]}}
	}
	w.runs["rp"] = []wire.Event{
		loadtest.Event(2, "WorkflowStarted", started("p", nil)), loadtest.Event(3, "ChildWorkflowStarted", child(1, "t", 0)), loadtest.Event(3, "ChildWorkflowStarted", child(2, "c", 1)),
		loadtest.Event(3, "ChildWorkflowStarted", child(3, "a", 2)), loadtest.Event(3, "ChildWorkflowStarted", child(4, "e", 0)), loadtest.Event(3, "ChildWorkflowStarted", child(5, "g", 0)),
		loadtest.Event(3, "ChildWorkflowStarted", loadtest.Facts{"id": 6, "workflow_id": "e", "workflow_type": "tree"}), loadtest.Event(3, "ChildWorkflowFailed", loadtest.Facts{"id": 6}),
		loadtest.Event(5, "ChildWorkflowCompleted", loadtest.Facts{"id": 4, "result": loadtest.Facts{"x": 1}}), loadtest.Event(6, "ChildWorkflowCancelled", loadtest.Facts{"id": 5, "asked": true}), loadtest.Event(10, "WorkflowCompleted", loadtest.Facts{}),
	}
	w.runs["rt"] = []wire.Event{loadtest.Event(3, "WorkflowStarted", started("t", of(1, 0))), loadtest.Event(10, "WorkflowTerminated", loadtest.Facts{"reason": "closed"})}
	w.runs["rc"] = []wire.Event{loadtest.Event(3, "WorkflowStarted", started("c", of(2, 1))), loadtest.Event(4, "CancelRequested", loadtest.Facts{"reason": "do-c"}), loadtest.Event(7, "WorkflowContinuedAsNew", loadtest.Facts{"new_run_id": "rc2"})}
	again := started("c", of(2, 1))
	again["run_id"], again["continued_from"] = "rc2", "rc"
	w.runs["rc2"] = []wire.Event{loadtest.Event(7, "WorkflowStarted", again), loadtest.Event(10, "CancelRequested", loadtest.Facts{"reason": "closed"}), loadtest.Event(11, "WorkflowCancelled", loadtest.Facts{})}
	w.runs["ra"] = []wire.Event{loadtest.Event(3, "WorkflowStarted", started("a", of(3, 2))), loadtest.Event(12, "WorkflowCompleted", loadtest.Facts{})}
	w.runs["re"] = []wire.Event{loadtest.Event(3, "WorkflowStarted", started("e", of(4, 0))), loadtest.Event(5, "WorkflowCompleted", loadtest.Facts{"result": loadtest.Facts{"x": 1}})}
	w.runs["rg"] = []wire.Event{loadtest.Event(3, "WorkflowStarted", started("g", of(5, 0))), loadtest.Event(6, "CancelRequested", loadtest.Facts{"reason": "given up"}), loadtest.Event(7, "WorkflowCancelled", loadtest.Facts{})}
	w.runs["rd"] = []wire.Event{loadtest.Event(2, "WorkflowStarted", started("d", nil)), loadtest.Event(4, "SignalReceived", loadtest.Facts{"payload": loadtest.Facts{"request": "do-s"}}), loadtest.Event(5, "WorkflowTerminated", loadtest.Facts{"reason": "do-d"})}
	w.listed = slices.Sorted(maps.Keys(w.runs))
	call := func(f, key, request string, outcome op.Outcome) {
		w.ops = append(w.ops, op.Op{Workload: "children", F: f, Key: key, Request: request, Outcome: outcome, Answer: loadtest.JSON(loadtest.Facts{"workflow_id": key, "run_id": "r" + key, "version": "v0"})})
	}
	call("start", "p", "p", op.OK)
	call("start", "d", "d", op.OK)
	call("cancel", "c", "do-c", op.OK)
	call("signal", "d", "do-s", op.OK)
	call("terminate", "d", "do-d", op.OK)
	call("signal", "d", "do-late", op.Refused)
	w.deploys = []wire.Deploy{{Index: 1, At: loadtest.AtSecond(1), Operation: "load", WorkflowType: "tree", Version: "v0", Outcome: "ok"}}
	return w
}

func (w *world) history() []op.Op {
	ops := append([]op.Op{}, w.ops...)
	for _, id := range slices.Sorted(maps.Keys(w.runs)) {
		ops = append(ops, loadtest.History("children", id[1:], id, w.runs[id]...))
	}
	var page []wire.Run
	for _, id := range w.listed {
		page = append(page, wire.Run{RunID: id})
	}
	return append(ops, op.Op{Workload: "children", F: "runs", Outcome: op.OK, Answer: loadtest.JSON(page)}, op.Op{Workload: "children", F: "deploys", Outcome: op.OK, Answer: loadtest.JSON(wire.Deploys{Deploys: w.deploys})})
}

// guard lets a run sleep before its second event, and the sleep come to that.
func (w *world) guard(run, end string) {
	loadtest.Respell(&w.runs[run][0].Data, "input", treeInput{Guard: "1s"})
	events := append(w.runs[run][:1:1], loadtest.Event(5, "TimerStarted", loadtest.Facts{"id": 3, "duration": "1s"}))
	if end != "" {
		events = append(events, loadtest.Event(5.5, end, loadtest.Facts{"id": 3}))
	}
	w.runs[run] = append(events, w.runs[run][1:]...)
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name, want string
		spoil      func(w *world)
	}{
		{"right", "", func(w *world) {}},
		{"a child is missing", "which does not exist", func(w *world) { delete(w.runs, "rt") }},
		{"a child that its parent does not know", "is not in the history of its parent", func(w *world) { loadtest.Respell(&w.runs["rp"][1].Data, "run_id", "other") }},
		{"two runs for one child", "are both child 1", func(w *world) {
			loadtest.Respell(&w.runs["ra"][0].Data, "parent", loadtest.Facts{"workflow_id": "p", "run_id": "rp", "id": 1})
		}},
		{"another parent", "says of its parent", func(w *world) {
			loadtest.Respell(&w.runs["ra"][0].Data, "parent", loadtest.Facts{"workflow_id": "q", "run_id": "rp", "id": 3, "on_parent_close": "abandon"})
		}},
		{"started later", "its parent says on", func(w *world) { w.runs["ra"][0].At = loadtest.AtSecond(4) }},
		{"another version", "not on its parent's version", func(w *world) {
			loadtest.Respell(&w.runs["ra"][0].Data, "version", "v1")
			loadtest.Respell(&w.runs["rp"][3].Data, "version", "v1")
		}},
		{"not the routed version", "which was not routed then", func(w *world) {
			loadtest.Respell(&w.runs["ra"][0].Data, "version", "v1")
			loadtest.Respell(&w.runs["rp"][3].Data, "version", "v1")
			loadtest.Respell(&w.runs["rp"][3].Data, "version_choice", "routed")
		}},
		{"a root on an old route", "(run rd) started at", func(w *world) { loadtest.Respell(&w.runs["rd"][0].Data, "version", "v1") }},
		{"went on on an old route", "went on at", func(w *world) { loadtest.Respell(&w.runs["rc2"][0].Data, "version", "v1") }},
		{"never told", "was never told", func(w *world) { w.runs["rp"] = append(w.runs["rp"][:8:8], w.runs["rp"][9:]...) }},
		{"told twice", "ended 2 times", func(w *world) {
			w.runs["rp"] = append(w.runs["rp"][:9:9], w.runs["rp"][8:]...)
		}},
		{"told later", "was told at", func(w *world) { w.runs["rp"][8].At = loadtest.AtSecond(5.5) }},
		{"told something else", "was told ChildWorkflowFailed", func(w *world) { w.runs["rp"][8].Type = "ChildWorkflowFailed" }},
		{"another result", "was told ChildWorkflowCompleted", func(w *world) { loadtest.Respell(&w.runs["rp"][8].Data, "result", loadtest.Facts{"x": 2}) }},
		{"told of nobody", "which it never started", func(w *world) { loadtest.Respell(&w.runs["rp"][8].Data, "id", 9) }},
		{"told of one given up", "told of its end all the same", func(w *world) {
			w.runs["rp"] = append(w.runs["rp"][:10:10], loadtest.Event(7, "ChildWorkflowCancelled", loadtest.Facts{"id": 5}), w.runs["rp"][10])
		}},
		{"could not start, untold", "could not start", func(w *world) { w.runs["rp"] = append(w.runs["rp"][:7:7], w.runs["rp"][8:]...) }},
		{"not terminated with its parent", "was to be terminated", func(w *world) { w.runs["rt"][1] = loadtest.Event(11, "WorkflowCompleted", loadtest.Facts{}) }},
		{"not cancelled with its parent", "was not asked to end", func(w *world) { w.runs["rc2"] = append(w.runs["rc2"][:1:1], w.runs["rc2"][2]) }},
		{"given up and not asked", "was given up at", func(w *world) {
			w.runs["rg"] = append(w.runs["rg"][:1:1], loadtest.Event(7, "WorkflowCompleted", loadtest.Facts{}))
		}},
		{"not left alone", "which nobody gave", func(w *world) {
			w.runs["ra"][1] = loadtest.Event(10, "WorkflowTerminated", loadtest.Facts{"reason": "closed"})
		}},
		{"cancelled by nobody", "which nobody gave", func(w *world) {
			w.runs["re"] = append(w.runs["re"][:1:1], loadtest.Event(4, "CancelRequested", loadtest.Facts{"reason": "?"}), w.runs["re"][1])
		}},
		{"asked twice", "was asked to end 2 times", func(w *world) {
			w.runs["rg"] = append(w.runs["rg"][:2:2], w.runs["rg"][1:]...)
		}},
		{"open for ever", "is open for ever", func(w *world) { w.runs["ra"] = w.runs["ra"][:1] }},
		{"a signal is lost", "the signal of d (run rd) was acknowledged, and is 0 times", func(w *world) { w.runs["rd"] = append(w.runs["rd"][:1:1], w.runs["rd"][2]) }},
		{"a termination is lost", "the terminate of d (run rd) was acknowledged, and is 0 times", func(w *world) { loadtest.Respell(&w.runs["rd"][2].Data, "reason", "do-c") }},
		{"a cancel is lost", "the cancel of c", func(w *world) { w.runs["rc"] = append(w.runs["rc"][:1:1], w.runs["rc"][2]) }},
		{"refused and done", "was refused with", func(w *world) { w.ops[3].Outcome = op.Refused }},
		{"a start is lost", "no history says so", func(w *world) { delete(w.runs, "rd") }},
		{"a root of nobody", "never the answer to a start", func(w *world) { w.ops[1].Outcome = op.Failed }},
		{"a guard is given up", "gave up at", func(w *world) { w.guard("rg", "TimerCancelled") }},
		{"a guard is left", "before the sleep of 1s that its code shields", func(w *world) { w.guard("rg", "") }},
		{"a guard lasts", "", func(w *world) { w.guard("rg", "TimerFired") }},
		{"open twice", "a had two open runs", func(w *world) {
			loadtest.Respell(&w.runs["rd"][0].Data, "workflow_id", "a")
			w.runs["rd"][2].At = loadtest.AtSecond(6)
		}},
		{"listed twice", "listed 2 times", func(w *world) { w.listed = append(w.listed, "ra") }},
		{"listed and unknown", "in no history", func(w *world) { w.listed = append(w.listed, "rz") }},
		{"reached nobody", "reached run", func(w *world) { w.ops[2].Answer = loadtest.JSON(loadtest.Facts{"run_id": "rz"}) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld()
			test.spoil(w)
			loadtest.Expect(t, test.name, (&Workload{}).Check(w.history()), test.want)
		})
	}
}
