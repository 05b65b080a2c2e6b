package fsm

import (
	"fmt"
	"maps"

	"aion.dev/aion/fsm/history"
)

func init() { maps.Copy(dearestToo, dearestAwaits) }

// dearestAwaits are the most expensive entries with results of workflows that others wait for.
var dearestAwaits = map[string]func(w *world) []Command{
	"close a run for whose result many wait": func(w *world) []Command {
		w.awaited(12_000, 1)
		return []Command{w.turnOf("run", &history.WorkflowCompleted{Result: history.Payload("1")})}
	},
	"close a run for whose large result many wait": func(w *world) []Command {
		w.awaited(200, 1)
		return []Command{w.turnOf("run", &history.WorkflowCompleted{Result: large})}
	},
	"tell more of the runs that wait for a result": func(w *world) []Command {
		w.awaited(12_000, 1)
		w.do(w.turnOf("run", &history.WorkflowCompleted{Result: history.Payload("1")}))
		return []Command{&Continue{Job: w.jobs()[0].ID}}
	},
	"tell one run ten thousand times": func(w *world) []Command {
		w.awaited(1, wide)
		return []Command{&TerminateRun{Run: RunRef{WorkflowID: "run"}}}
	},
	"close a run that waits for as many results as may be": func(w *world) []Command {
		w.awaited(1, wide)
		return []Command{&TerminateRun{Run: RunRef{WorkflowID: "waiter0"}}}
	},
	"wait for many large results that are there": func(w *world) []Command {
		w.start("run", "a")
		w.turn("run", &history.WorkflowCompleted{Result: large})
		w.start("waiter", "a")
		return []Command{w.turnOf("waiter", awaits(3_000)...)}
	},
	"wait for the results of many runs that have closed": func(w *world) []Command {
		var ids []string
		var asked []history.Data
		for i := range uint64(3_000) {
			ids = append(ids, fmt.Sprint("run", i))
			asked = append(asked, &history.ResultAwaited{ID: i + 1, WorkflowID: ids[i]})
		}
		for i, run := range w.many(ids, nil) {
			result := history.Payload(fmt.Sprintf(`"%0*d"`, 20<<10, i))
			w.queued(&RecordTurn{RunID: run, N: 1, Through: 1, Asked: []history.Event{{Data: &history.WorkflowCompleted{Result: result}}}})
		}
		w.flush()
		w.start("waiter", "a")
		return []Command{w.turnOf("waiter", asked...)}
	},
	"ask many delayed runs to end": func(w *world) []Command {
		var ids []string
		var asked []history.Data
		for i := range 750 {
			ids = append(ids, fmt.Sprint("run", i))
			asked = append(asked, &history.CancelSent{WorkflowID: ids[i]})
		}
		w.many(ids, func(c *StartRun) { c.Options = &StartOptions{Delay: 1e12} })
		w.start("waiter", "a")
		return []Command{w.turnOf("waiter", asked...)}
	},
	"reset a run that waited for large results": func(w *world) []Command {
		w.start("run", "a")
		w.start("waiter", "a")
		n := uint64(EntryBudget / againCost / 2)
		w.turn("waiter", awaits(n)...)
		w.do(&TerminateRun{Run: RunRef{WorkflowID: "waiter"}})
		w.finish()
		w.turn("run", &history.WorkflowCompleted{Result: large})
		c := &ResetRun{Run: RunRef{WorkflowID: "waiter"}, RunID: w.mint(), Version: versionOf("v1"), Turns: 1, Cut: n + 1, Rules: history.Rules}
		for i := range n {
			c.Again = append(c.Again, Again{ID: i + 1, Seq: i + 2})
		}
		return []Command{c}
	},
}

// awaits are so many waits for the result of one run.
func awaits(n uint64) (asked []history.Data) {
	for i := range n {
		asked = append(asked, &history.ResultAwaited{ID: i + 1, WorkflowID: "run"})
	}
	return asked
}

// awaited starts a run, and others that each wait for its result, so many times.
func (w *world) awaited(waiters, times int) {
	w.s.cfg.Check = nil
	w.start("run", "a")
	var ids []string
	for i := range waiters {
		ids = append(ids, fmt.Sprint("waiter", i))
	}
	for _, run := range w.many(ids, nil) {
		c := &RecordTurn{RunID: run, N: 1, Through: 1}
		for _, d := range awaits(uint64(times)) {
			c.Asked = append(c.Asked, history.Event{Data: d})
		}
		w.queued(c)
	}
	w.flush()
}

// many starts runs, a few hundred to an entry.
func (w *world) many(ids []string, with func(*StartRun)) (runs []history.RunID) {
	w.s.cfg.Check = nil
	for _, id := range ids {
		c := &StartRun{WorkflowID: id, RunID: w.mint(), Type: "a"}
		if with != nil {
			with(c)
		}
		runs = append(runs, c.RunID)
		w.queued(c)
	}
	w.flush()
	return runs
}

// queued proposes a command together with others.
func (w *world) queued(c Command) {
	if w.queue = append(w.queue, Envelope{Command: c}); len(w.queue) == 400 {
		w.flush()
	}
}

func (w *world) flush() {
	for _, r := range w.propose(w.queue...) {
		if r.Refusal != nil {
			w.t.Fatal(r.Refusal)
		}
	}
	w.queue = nil
}
