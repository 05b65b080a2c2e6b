package workers

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/fleet"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// Check compares the histories of all runs with the ledger of the workers. Histories are in log
// time, which proves when leases were held. The ledger proves what workers did, received and were
// told, whenever that was.
func (w *Workload) Check(ops []op.Op) (found []load.Violation) {
	bad := func(format string, args ...any) {
		found = append(found, load.Violation{Checker: "workers", What: fmt.Sprintf(format, args...)})
	}
	x, err := runs.EndingsOf(ops, "workers")
	if err != nil {
		return []load.Violation{{Checker: "workers", What: err.Error()}}
	}
	lines, err := fleet.LedgerOf(ops, "workers")
	if err != nil {
		return []load.Violation{{Checker: "workers", What: err.Error()}}
	}
	var terms conditions
	for _, o := range ops {
		if o.Workload == "workers" && o.F == "terms" {
			if err := json.Unmarshal(o.Value, &terms); err != nil {
				bad("terms: %v", err)
			}
		}
	}
	book := bookOf(lines)
	byQueue := map[string][]*step{}
	asked := map[string]bool{} // runs that a caller cancelled
	for _, o := range ops {
		if o.Workload == "workers" && o.F == "cancel" {
			asked[o.Key] = true
		}
	}
	for _, o := range ops {
		if start, ok := x.Began[o.Key]; ok && o.Workload == "workers" && o.F == "wait" && o.Outcome == op.Refused && start.Return < o.Invoke {
			bad("%s: a read was refused with %s, though the start had been acknowledged", o.Key, o.Code)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(x.Began)) {
		if _, ok := x.Histories[id]; !ok {
			bad("%s was acknowledged, and there is no such run", id)
		}
	}
	var all []*step
	known := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(x.Histories)) {
		o, r := x.HistoryOp[id], x.Results[id]
		of := func(problem string) {
			found = append(found, load.Violation{Checker: "workers", What: id + ": " + problem, Ops: []int{o.ID}})
		}
		known[r.RunID] = true
		if wire.Open(r.Status) {
			of(fmt.Sprintf("is %s, %s after the healed cluster last finished anything", r.Status, runs.Standstill))
			continue
		}
		events, problem := runs.EventsOf(x.Histories[id])
		if problem != "" || len(events) == 0 {
			of("the history cannot be read: " + problem)
			continue
		}
		steps, problems := stepsOf(events)
		for _, p := range problems {
			of(p)
		}
		last := events[len(events)-1]
		if last.Type != "WorkflowCompleted" && !(asked[id] && last.Type == "WorkflowCancelled") {
			of(fmt.Sprintf("ended with %s: %s", last.Type, last.Data))
		}
		for _, s := range steps {
			s.workflow, s.run, s.took = id, events[0].Run, book.took
			byQueue[s.scheduled.Queue] = append(byQueue[s.scheduled.Queue], s)
			for _, p := range s.check(book, terms) {
				of(fmt.Sprintf("step %d: %s", s.scheduled.ID, p))
			}
			if last.Type == "WorkflowCompleted" && s.outcome == nil {
				of(fmt.Sprintf("step %d has no outcome, and its run completed", s.scheduled.ID))
			}
		}
		for _, p := range book.afterEnd(events[0].Run, x.ResultOp[id].Index) {
			of(p)
		}
		if p := resultOf(steps, last); p != "" {
			of(p)
		}
		all = append(all, steps...)
	}
	for _, run := range slices.Sorted(maps.Keys(book.runs)) {
		if !known[run] {
			bad("the ledger has attempts of run %s, which is none that was started", run)
		}
	}
	found = append(found, checkRenewal(all, book, terms, newWallClock(x, all, book, terms.Began))...)
	for _, name := range slices.Sorted(maps.Keys(byQueue)) {
		found = append(found, checkLimits(name, terms.Queues[name], byQueue[name], terms)...)
	}
	return found
}

// resultOf compares what the code returned with the outcomes that it received.
func resultOf(steps []*step, last runs.Event) string {
	if last.Type != "WorkflowCompleted" {
		return ""
	}
	var got []struct {
		Value json.RawMessage `json:"value"`
		Kind  string          `json:"kind"`
	}
	if err := json.Unmarshal(last.Result, &got); err != nil || len(got) != len(steps) {
		return fmt.Sprintf("returned %s for %d activities", last.Result, len(steps))
	}
	for i, s := range steps {
		switch {
		case s.outcome == nil:
		case s.givenUp:
			if got[i].Kind != "cancelled" {
				return fmt.Sprintf("its code saw %s %s of step %d, which it had given up", got[i].Kind, got[i].Value, s.scheduled.ID)
			}
		case s.outcome.Type == "ActivityCompleted":
			if got[i].Kind != "" || !runs.SameJSON(got[i].Value, s.outcome.Result) {
				return fmt.Sprintf("its code saw %s %s of step %d, which completed with %s", got[i].Kind, got[i].Value, s.scheduled.ID, s.outcome.Result)
			}
		case s.outcome.Type == "ActivityCancelled":
			if got[i].Kind != "cancelled" {
				return fmt.Sprintf("its code saw %s %s of step %d, which was cancelled", got[i].Kind, got[i].Value, s.scheduled.ID)
			}
		case s.outcome.Error == nil || got[i].Kind != s.outcome.Error.Kind:
			return fmt.Sprintf("its code saw %s %s of step %d, which failed with %v", got[i].Kind, got[i].Value, s.scheduled.ID, s.outcome.Error)
		}
	}
	return ""
}
