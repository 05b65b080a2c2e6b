package load

import (
	"fmt"
	"slices"
	"testing"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// pinsWorld is a short right history of the workload: v0 is loaded and routed, w waits on it; v1 is loaded and routed; an unload of v0 is refused for w; w is signalled and
// ends; v0 is unloaded; n starts on v1 and starts the child k.
type pinsWorld struct {
	ops     map[string]*op.Op
	order   []string
	events  map[string][]wire.Event // of the runs w, n and k
	deploys []wire.Deploy
	listed  []string
}

func newPinsWorld() *pinsWorld {
	w := &pinsWorld{ops: map[string]*op.Op{}, events: map[string][]wire.Event{}, listed: []string{"w", "n", "k"}}
	add := func(name, f, key, code string, from, to float64, index uint64, ask pinsAsk, answer any) {
		o := pinsOp(f, key, ask)
		o.Request, o.Index, o.Answer, o.Outcome, o.Code = name, index, mustJSON(answer), op.OK, code
		o.Invoke, o.Return = int64(from*1e9), int64(to*1e9)
		if code != "" {
			o.Outcome = op.Refused
		}
		w.ops[name], w.order = &o, append(w.order, name)
	}
	deploy := func(index uint64, at float64, operation, version, outcome, request string) {
		w.deploys = append(w.deploys, wire.Deploy{Index: index, At: atSecond(at), Operation: operation, WorkflowType: "t", Version: version, Outcome: outcome, RequestID: request})
	}
	of := func(v int) pinsAsk { return pinsAsk{Type: "t", Version: v} }
	add("load0", "load", "t", "", 1, 2, 10, of(0), facts{"version": "v0"})
	deploy(10, 1.5, "load", "v0", "ok", "load0")
	waiting := pinsAsk{Type: "t", Version: -1, Input: &pinsInput{Kind: "wait"}}
	add("startw", "start", "w", "", 3, 4, 20, waiting, facts{"workflow_id": "w", "run_id": "rw", "version": "v0"})
	add("load1", "load", "t", "", 5, 6, 30, of(1), facts{"version": "v1"})
	deploy(30, 5.5, "load", "v1", "ok", "load1")
	holder := facts{"kind": "live_run", "workflow_id": "w", "run_id": "rw", "workflow_type": "t"}
	add("pinned", "unload", "t", "version_pinned", 7, 8, 40, of(0), facts{"version": "v0", "counts": facts{"live_run": 1}, "total": 1, "holders": []any{holder}})
	deploy(40, 7.5, "unload", "v0", "version_pinned", "pinned")
	add("pins", "pins", "t", "", 7, 8, 40, of(0), facts{"version": "v0", "counts": facts{"live_run": 1}, "total": 1, "holders": []any{holder}})
	add("signal", "signal", "w", "", 9, 10, 50, pinsAsk{}, facts{})
	add("unload0", "unload", "t", "", 11, 12, 60, of(0), facts{"version": "v0"})
	deploy(60, 11.5, "unload", "v0", "ok", "unload0")
	add("active", "unload", "t", "route_active", 12.1, 12.3, 61, of(1), facts{})
	deploy(61, 12.2, "unload", "v1", "route_active", "active")
	add("gone", "unload", "t", "unknown_version", 12.4, 12.6, 62, of(0), facts{})
	deploy(62, 12.5, "unload", "v0", "unknown_version", "gone")
	add("refused", "start", "x", "unknown_version", 12.7, 12.9, 63, pinsAsk{Type: "t", Version: 0, Input: &pinsInput{Kind: "now"}}, facts{})
	add("startn", "start", "n", "", 13, 14, 70, pinsAsk{Type: "t", Version: -1, Input: &pinsInput{Kind: "kid"}}, facts{"workflow_id": "n", "run_id": "rn", "version": "v1"})

	started := func(id, run, version string, more facts) facts {
		d := facts{"workflow_id": id, "run_id": run, "workflow_type": "t", "version": version}
		for k, v := range more {
			d[k] = v
		}
		return d
	}
	done := func(mark int) facts {
		return facts{"result": facts{"mark": mark, "version": fmt.Sprint("v", mark)}}
	}
	w.events["w"] = []wire.Event{pastEvent(3.5, "WorkflowStarted", started("w", "rw", "v0", nil)), pastEvent(9.5, "SignalReceived", facts{"name": "go"}), pastEvent(9.6, "WorkflowCompleted", done(0))}
	w.events["n"] = []wire.Event{pastEvent(13.5, "WorkflowStarted", started("n", "rn", "v1", nil)), pastEvent(13.6, "ChildWorkflowStarted", facts{"id": 1, "workflow_id": "k", "run_id": "rk", "version": "v1", "version_choice": 1}),
		pastEvent(13.7, "ChildWorkflowCompleted", facts{"id": 1}), pastEvent(13.8, "WorkflowCompleted", done(1))}
	w.events["k"] = []wire.Event{pastEvent(13.6, "WorkflowStarted", started("k", "rk", "v1", facts{"parent": facts{"workflow_id": "n", "run_id": "rn", "id": 1}})), pastEvent(13.7, "WorkflowCompleted", done(1))}
	return w
}

// history is the world as a recorded history.
func (w *pinsWorld) history() []op.Op {
	ops := []op.Op{{Workload: "pins", F: "versions-are", Key: "t", Value: mustJSON([]string{"v0", "v1"}), Outcome: op.OK}}
	for _, name := range w.order {
		ops = append(ops, *w.ops[name])
	}
	for _, name := range []string{"w", "n", "k"} {
		if len(w.events[name]) > 0 {
			ops = append(ops, historyOf("pins", name, "r"+name, w.events[name]...))
		}
	}
	var page []wire.Run
	for _, name := range w.listed {
		page = append(page, wire.Run{WorkflowID: name, RunID: "r" + name})
	}
	newest := slices.Clone(w.deploys)
	slices.Reverse(newest)
	ops = append(ops, op.Op{Workload: "pins", F: "runs", Key: "t", Outcome: op.OK, Answer: mustJSON(page)}, op.Op{Workload: "pins", F: "deploys", Outcome: op.OK, Answer: mustJSON(wire.Deploys{Deploys: newest})})
	for i := range ops {
		ops[i].ID = i
	}
	return ops
}

func TestPinsCheck(t *testing.T) {
	for _, test := range []struct {
		name, want string // "" = nothing is wrong
		spoil      func(w *pinsWorld)
	}{
		{"right", "", func(w *pinsWorld) {}},
		{"unloaded under a run", "ended ok; it was loaded: true, routed: false, open runs: 1", func(w *pinsWorld) {
			w.deploys[2].Outcome, w.ops["pinned"].Outcome, w.ops["pinned"].Code = "ok", op.OK, ""
		}},
		{"unloaded under a run, by the clocks of callers", "while w waited for a signal", func(w *pinsWorld) {
			w.ops["pinned"].Outcome, w.ops["pinned"].Code = op.OK, ""
		}},
		{"unloaded though routed", "routed: true", func(w *pinsWorld) { w.deploys[4].Outcome = "ok" }},
		{"route_active without a route", "ended route_active", func(w *pinsWorld) { w.deploys[5].Outcome = "route_active" }},
		{"pinned by nobody", "open runs: 0 to 0", func(w *pinsWorld) { w.deploys[3].Outcome = "version_pinned" }},
		{"unknown though loaded", "ended unknown_version", func(w *pinsWorld) { w.deploys[4].Outcome = "unknown_version" }},
		{"log time goes back", "goes back", func(w *pinsWorld) { w.deploys[4].At = atSecond(11) }},
		{"an answer that is not logged", "does not have it", func(w *pinsWorld) { w.deploys[5].RequestID = "other" }},
		{"an answer that is logged otherwise", "the deploy history says", func(w *pinsWorld) { w.ops["gone"].Index = 64 }},
		{"a request twice", "in the deploy history twice", func(w *pinsWorld) { w.deploys[5].RequestID = "active" }},
		{"wrong counts", "refused for 2 runs", func(w *pinsWorld) {
			respell(&w.ops["pinned"].Answer, "counts", facts{"live_run": 2})
			respell(&w.ops["pinned"].Answer, "total", 2)
		}},
		{"counted as paused", "of them paused 0 to 0", func(w *pinsWorld) { respell(&w.ops["pinned"].Answer, "counts", facts{"recoverable_run": 1}) }},
		{"a holder that is closed", "which did not hold it then", func(w *pinsWorld) {
			respell(&w.ops["pinned"].Answer, "holders", []any{facts{"kind": "live_run", "workflow_id": "k", "run_id": "rk"}})
		}},
		{"no holder", "names 0", func(w *pinsWorld) { respell(&w.ops["pinned"].Answer, "holders", []any{}) }},
		{"a holder of another kind", "but it was not paused", func(w *pinsWorld) {
			respell(&w.ops["pinned"].Answer, "holders", []any{facts{"kind": "recoverable_run", "workflow_id": "w", "run_id": "rw"}})
		}},
		{"no child", "its parent is another one, or none", func(w *pinsWorld) {
			respell(&w.ops["pinned"].Answer, "holders", []any{facts{"kind": "recorded_child", "workflow_id": "w", "run_id": "rw"}})
		}},
		{"pins forget a run", "though 1 were waiting", func(w *pinsWorld) {
			respell(&w.ops["pins"].Answer, "counts", facts{})
			respell(&w.ops["pins"].Answer, "total", 0)
			respell(&w.ops["pins"].Answer, "holders", []any{})
		}},
		{"pins invent a run", "which is no run on it", func(w *pinsWorld) {
			respell(&w.ops["pins"].Answer, "holders", []any{facts{"kind": "live_run", "workflow_id": "n", "run_id": "rn"}})
		}},
		{"a start on an unloaded version", "which was not loaded", func(w *pinsWorld) {
			respell(&w.ops["startn"].Answer, "version", "v0")
			respell(&w.events["n"][0].Data, "version", "v0")
		}},
		{"an old route", "overtaken by another", func(w *pinsWorld) { respell(&w.ops["startn"].Answer, "version", "v0") }},
		{"an older index", "had been acknowledged before", func(w *pinsWorld) { w.ops["startn"].Index = 35 }},
		{"refused though loaded", "though it was loaded", func(w *pinsWorld) { w.ops["refused"].Index = 45 }},
		{"refused for no reason", "was refused: ", func(w *pinsWorld) { w.ops["refused"].Code = "already_running" }},
		{"another version finished it", "and v0 finished it", func(w *pinsWorld) {
			respell(&w.events["n"][3].Data, "result", facts{"mark": 0, "version": "v1"})
		}},
		{"it took itself for another", "which took itself for v0", func(w *pinsWorld) {
			respell(&w.events["n"][3].Data, "result", facts{"mark": 1, "version": "v0"})
		}},
		{"never ended", "still open", func(w *pinsWorld) { w.events["n"] = w.events["n"][:3] }},
		{"failed", "ended with WorkflowFailed", func(w *pinsWorld) { w.events["n"][3].Type = "WorkflowFailed" }},
		{"went on after its end", "goes on with", func(w *pinsWorld) {
			w.events["n"][2], w.events["n"][3] = w.events["n"][3], w.events["n"][2]
			w.events["n"][3].At = atSecond(14)
		}},
		{"an acknowledged start is lost", "that is not what its history says", func(w *pinsWorld) { w.events["w"] = nil }},
		{"a run that nobody started", "never the answer to a start", func(w *pinsWorld) { w.ops["startn"].Outcome = op.Failed }},
		{"a run is listed twice", "listed 2 times", func(w *pinsWorld) { w.listed = append(w.listed, "w") }},
		{"a run is not listed", "is not listed", func(w *pinsWorld) { w.listed = w.listed[1:] }},
		{"an unknown run is listed", "its history is known: false", func(w *pinsWorld) { w.listed = append(w.listed, "z") }},
		{"a child on another version", "is not on its parent's version", func(w *pinsWorld) {
			respell(&w.events["k"][0].Data, "version", "v0")
			respell(&w.events["n"][1].Data, "version", "v0")
		}},
		{"a child that its parent does not know", "is not in the history of its parent", func(w *pinsWorld) { respell(&w.events["n"][1].Data, "run_id", "other") }},
		{"a child of nobody", "whose history nobody found", func(w *pinsWorld) {
			respell(&w.events["k"][0].Data, "parent", facts{"workflow_id": "p", "run_id": "rp", "id": 1})
		}},
		{"continued by nobody", "which does not say so", func(w *pinsWorld) { respell(&w.events["k"][0].Data, "continued_from", "rw") }},
		{"continued as nobody", "does not exist or does not say so", func(w *pinsWorld) {
			w.events["n"][3] = pastEvent(13.8, "WorkflowContinuedAsNew", facts{"new_run_id": "rz"})
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newPinsWorld()
			test.spoil(w)
			expect(t, test.name, (&pins{}).Check(w.history()), test.want)
		})
	}
}
