package pins

import (
	"fmt"
	"slices"
	"testing"

	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// world is a short correct history of the workload: v0 is loaded and routed, w waits on it; v1 is
// loaded and routed; an unload of v0 is refused because of w; w is signalled and ends; v0 is
// unloaded; n starts on v1 and starts the child k.
type world struct {
	ops     map[string]*op.Op
	order   []string
	events  map[string][]wire.Event // of the runs w, n and k
	deploys []wire.Deploy
	listed  []string
}

func newWorld() *world {
	w := &world{ops: map[string]*op.Op{}, events: map[string][]wire.Event{}, listed: []string{"w", "n", "k"}}
	add := func(name, f, key, code string, from, to float64, index uint64, ask arguments, answer any) {
		o := newOp(f, key, ask)
		o.Request, o.Index, o.Answer, o.Outcome, o.Code = name, index, loadtest.JSON(answer), op.OK, code
		o.Invoke, o.Return = int64(from*1e9), int64(to*1e9)
		if code != "" {
			o.Outcome = op.Refused
		}
		w.ops[name], w.order = &o, append(w.order, name)
	}
	deploy := func(index uint64, at float64, operation, version, outcome, request string) {
		w.deploys = append(w.deploys, wire.Deploy{Index: index, At: loadtest.AtSecond(at), Operation: operation, WorkflowType: "t", Version: version, Outcome: outcome, RequestID: request})
	}
	of := func(v int) arguments { return arguments{Type: "t", Version: v} }
	add("load0", "load", "t", "", 1, 2, 10, of(0), loadtest.Facts{"version": "v0"})
	deploy(10, 1.5, "load", "v0", "ok", "load0")
	waiting := arguments{Type: "t", Version: -1, Input: &task{Kind: "wait"}}
	add("startw", "start", "w", "", 3, 4, 20, waiting, loadtest.Facts{"workflow_id": "w", "run_id": "rw", "version": "v0"})
	add("load1", "load", "t", "", 5, 6, 30, of(1), loadtest.Facts{"version": "v1"})
	deploy(30, 5.5, "load", "v1", "ok", "load1")
	holder := loadtest.Facts{"kind": "live_run", "workflow_id": "w", "run_id": "rw", "workflow_type": "t"}
	add("pinned", "unload", "t", "version_pinned", 7, 8, 40, of(0), loadtest.Facts{"version": "v0", "counts": loadtest.Facts{"live_run": 1}, "total": 1, "holders": []any{holder}})
	deploy(40, 7.5, "unload", "v0", "version_pinned", "pinned")
	add("pins", "pins", "t", "", 7, 8, 40, of(0), loadtest.Facts{"version": "v0", "counts": loadtest.Facts{"live_run": 1}, "total": 1, "holders": []any{holder}})
	add("signal", "signal", "w", "", 9, 10, 50, arguments{}, loadtest.Facts{})
	add("unload0", "unload", "t", "", 11, 12, 60, of(0), loadtest.Facts{"version": "v0"})
	deploy(60, 11.5, "unload", "v0", "ok", "unload0")
	add("active", "unload", "t", "route_active", 12.1, 12.3, 61, of(1), loadtest.Facts{})
	deploy(61, 12.2, "unload", "v1", "route_active", "active")
	add("gone", "unload", "t", "unknown_version", 12.4, 12.6, 62, of(0), loadtest.Facts{})
	deploy(62, 12.5, "unload", "v0", "unknown_version", "gone")
	add("refused", "start", "x", "unknown_version", 12.7, 12.9, 63, arguments{Type: "t", Version: 0, Input: &task{Kind: "now"}}, loadtest.Facts{})
	add("startn", "start", "n", "", 13, 14, 70, arguments{Type: "t", Version: -1, Input: &task{Kind: "kid"}}, loadtest.Facts{"workflow_id": "n", "run_id": "rn", "version": "v1"})

	started := func(id, run, version string, more loadtest.Facts) loadtest.Facts {
		d := loadtest.Facts{"workflow_id": id, "run_id": run, "workflow_type": "t", "version": version}
		for k, v := range more {
			d[k] = v
		}
		return d
	}
	done := func(mark int) loadtest.Facts {
		return loadtest.Facts{"result": loadtest.Facts{"mark": mark, "version": fmt.Sprint("v", mark)}}
	}
	w.events["w"] = []wire.Event{loadtest.Event(3.5, "WorkflowStarted", started("w", "rw", "v0", nil)), loadtest.Event(9.5, "SignalReceived", loadtest.Facts{"name": "go"}), loadtest.Event(9.6, "WorkflowCompleted", done(0))}
	w.events["n"] = []wire.Event{loadtest.Event(13.5, "WorkflowStarted", started("n", "rn", "v1", nil)), loadtest.Event(13.6, "ChildWorkflowStarted", loadtest.Facts{"id": 1, "workflow_id": "k", "run_id": "rk", "version": "v1", "version_choice": "parent"}),
		loadtest.Event(13.7, "ChildWorkflowCompleted", loadtest.Facts{"id": 1}), loadtest.Event(13.8, "WorkflowCompleted", done(1))}
	w.events["k"] = []wire.Event{loadtest.Event(13.6, "WorkflowStarted", started("k", "rk", "v1", loadtest.Facts{"parent": loadtest.Facts{"workflow_id": "n", "run_id": "rn", "id": 1}})), loadtest.Event(13.7, "WorkflowCompleted", done(1))}
	return w
}

// history returns the world as a recorded history.
func (w *world) history() []op.Op {
	ops := []op.Op{{Workload: "pins", F: "versions-are", Key: "t", Value: loadtest.JSON([]string{"v0", "v1"}), Outcome: op.OK}}
	for _, name := range w.order {
		ops = append(ops, *w.ops[name])
	}
	for _, name := range []string{"w", "n", "k"} {
		if len(w.events[name]) > 0 {
			ops = append(ops, loadtest.History("pins", name, "r"+name, w.events[name]...))
		}
	}
	var page []wire.Run
	for _, name := range w.listed {
		page = append(page, wire.Run{WorkflowID: name, RunID: "r" + name})
	}
	newest := slices.Clone(w.deploys)
	slices.Reverse(newest)
	ops = append(ops, op.Op{Workload: "pins", F: "runs", Key: "t", Outcome: op.OK, Answer: loadtest.JSON(page)}, op.Op{Workload: "pins", F: "deploys", Outcome: op.OK, Answer: loadtest.JSON(wire.Deploys{Deploys: newest})})
	for i := range ops {
		ops[i].ID = i
	}
	return ops
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name, want string // "" = nothing is wrong
		spoil      func(w *world)
	}{
		{"right", "", func(w *world) {}},
		{"unloaded under a run", "ended ok; it was loaded: true, routed: false, open runs: 1", func(w *world) {
			w.deploys[2].Outcome, w.ops["pinned"].Outcome, w.ops["pinned"].Code = "ok", op.OK, ""
		}},
		{"unloaded under a run, by the clocks of callers", "while w waited for a signal", func(w *world) {
			w.ops["pinned"].Outcome, w.ops["pinned"].Code = op.OK, ""
		}},
		{"unloaded though routed", "routed: true", func(w *world) { w.deploys[4].Outcome = "ok" }},
		{"route_active without a route", "ended route_active", func(w *world) { w.deploys[5].Outcome = "route_active" }},
		{"pinned by nobody", "open runs: 0 to 0", func(w *world) { w.deploys[3].Outcome = "version_pinned" }},
		{"unknown though loaded", "ended unknown_version", func(w *world) { w.deploys[4].Outcome = "unknown_version" }},
		{"log time goes back", "goes back", func(w *world) { w.deploys[4].At = loadtest.AtSecond(11) }},
		{"an answer that is not logged", "does not have it", func(w *world) { w.deploys[5].RequestID = "other" }},
		{"an answer that is logged otherwise", "the deploy history says", func(w *world) { w.ops["gone"].Index = 64 }},
		{"a request twice", "in the deploy history twice", func(w *world) { w.deploys[5].RequestID = "active" }},
		{"wrong counts", "refused for 2 runs", func(w *world) {
			loadtest.Respell(&w.ops["pinned"].Answer, "counts", loadtest.Facts{"live_run": 2})
			loadtest.Respell(&w.ops["pinned"].Answer, "total", 2)
		}},
		{"counted as paused", "of them paused 0 to 0", func(w *world) {
			loadtest.Respell(&w.ops["pinned"].Answer, "counts", loadtest.Facts{"recoverable_run": 1})
		}},
		{"a holder that is closed", "which did not hold it then", func(w *world) {
			loadtest.Respell(&w.ops["pinned"].Answer, "holders", []any{loadtest.Facts{"kind": "live_run", "workflow_id": "k", "run_id": "rk"}})
		}},
		{"no holder", "names 0", func(w *world) { loadtest.Respell(&w.ops["pinned"].Answer, "holders", []any{}) }},
		{"a holder of another kind", "but it was not paused", func(w *world) {
			loadtest.Respell(&w.ops["pinned"].Answer, "holders", []any{loadtest.Facts{"kind": "recoverable_run", "workflow_id": "w", "run_id": "rw"}})
		}},
		{"no child", "its parent is another one, or none", func(w *world) {
			loadtest.Respell(&w.ops["pinned"].Answer, "holders", []any{loadtest.Facts{"kind": "recorded_child", "workflow_id": "w", "run_id": "rw"}})
		}},
		{"pins forget a run", "though 1 were waiting", func(w *world) {
			loadtest.Respell(&w.ops["pins"].Answer, "counts", loadtest.Facts{})
			loadtest.Respell(&w.ops["pins"].Answer, "total", 0)
			loadtest.Respell(&w.ops["pins"].Answer, "holders", []any{})
		}},
		{"pins invent a run", "which is no run on it", func(w *world) {
			loadtest.Respell(&w.ops["pins"].Answer, "holders", []any{loadtest.Facts{"kind": "live_run", "workflow_id": "n", "run_id": "rn"}})
		}},
		{"a start on an unloaded version", "which was not loaded", func(w *world) {
			loadtest.Respell(&w.ops["startn"].Answer, "version", "v0")
			loadtest.Respell(&w.events["n"][0].Data, "version", "v0")
		}},
		{"an old route", "overtaken by another", func(w *world) { loadtest.Respell(&w.ops["startn"].Answer, "version", "v0") }},
		{"an older index", "had been acknowledged before", func(w *world) { w.ops["startn"].Index = 35 }},
		{"refused though loaded", "though it was loaded", func(w *world) { w.ops["refused"].Index = 45 }},
		{"refused for no reason", "was refused: ", func(w *world) { w.ops["refused"].Code = "already_running" }},
		{"another version finished it", "and v0 finished it", func(w *world) {
			loadtest.Respell(&w.events["n"][3].Data, "result", loadtest.Facts{"mark": 0, "version": "v1"})
		}},
		{"it took itself for another", "which took itself for v0", func(w *world) {
			loadtest.Respell(&w.events["n"][3].Data, "result", loadtest.Facts{"mark": 1, "version": "v0"})
		}},
		{"never ended", "still open", func(w *world) { w.events["n"] = w.events["n"][:3] }},
		{"failed", "ended with WorkflowFailed", func(w *world) { w.events["n"][3].Type = "WorkflowFailed" }},
		{"went on after its end", "goes on with", func(w *world) {
			w.events["n"][2], w.events["n"][3] = w.events["n"][3], w.events["n"][2]
			w.events["n"][3].At = loadtest.AtSecond(14)
		}},
		{"an acknowledged start is lost", "that is not what its history says", func(w *world) { w.events["w"] = nil }},
		{"a run that nobody started", "never the answer to a start", func(w *world) { w.ops["startn"].Outcome = op.Failed }},
		{"a run is listed twice", "listed 2 times", func(w *world) { w.listed = append(w.listed, "w") }},
		{"a run is not listed", "is not listed", func(w *world) { w.listed = w.listed[1:] }},
		{"an unknown run is listed", "its history is known: false", func(w *world) { w.listed = append(w.listed, "z") }},
		{"a child on another version", "is not on its parent's version", func(w *world) {
			loadtest.Respell(&w.events["k"][0].Data, "version", "v0")
			loadtest.Respell(&w.events["n"][1].Data, "version", "v0")
		}},
		{"a child that its parent does not know", "is not in the history of its parent", func(w *world) { loadtest.Respell(&w.events["n"][1].Data, "run_id", "other") }},
		{"a child of nobody", "whose history nobody found", func(w *world) {
			loadtest.Respell(&w.events["k"][0].Data, "parent", loadtest.Facts{"workflow_id": "p", "run_id": "rp", "id": 1})
		}},
		{"continued by nobody", "which does not say so", func(w *world) { loadtest.Respell(&w.events["k"][0].Data, "continued_from", "rw") }},
		{"continued as nobody", "does not exist or does not say so", func(w *world) {
			w.events["n"][3] = loadtest.Event(13.8, "WorkflowContinuedAsNew", loadtest.Facts{"new_run_id": "rz"})
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld()
			test.spoil(w)
			loadtest.Expect(t, test.name, (&Workload{}).Check(w.history()), test.want)
		})
	}
}
