package starts

import (
	"encoding/json"
	"maps"
	"slices"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// Check compares what the runs saw with what was acknowledged: each signal once, in the run that
// its start's answer names; each run started once; one run of an id that may start once; each
// delayed run begun once.
func (w *Workload) Check(ops []op.Op) []load.Violation {
	all := &runs.Findings{Checker: "starts"}
	bad := all.Bad
	x, err := runs.EndingsOf(ops, "starts")
	if err != nil {
		return []load.Violation{{Checker: "starts", What: err.Error()}}
	}
	posts := runs.LastAnswers(ops, "starts", "post")
	level := runs.LevelIs(ops, "starts")
	said, began, once := map[string]op.Op{}, map[string]op.Op{}, map[string]op.Op{}
	in := map[string]string{} // the run that was told to have received what was said
	for _, request := range slices.Sorted(maps.Keys(posts)) {
		o := posts[request]
		var a ask
		var s wire.StartAnswer
		if json.Unmarshal(o.Value, &a) != nil || o.Outcome == op.OK && json.Unmarshal(o.Answer, &s) != nil {
			bad(o, "operation %d cannot be read", o.ID)
			continue
		}
		said[a.Say] = o
		switch {
		case o.Outcome == op.Unknown:
			bad(o, "start %s has no known outcome", a.Say)
		case o.Outcome == op.Refused && o.Code == "invalid_input" && level > 0 && level < 5: // an older node does not know what is asked for
		case o.Outcome == op.Refused && (!a.Once || o.Code != "already_running" && o.Code != "already_closed"):
			bad(o, "start %s was refused with %s", a.Say, o.Code)
		}
		if o.Outcome != op.OK {
			continue
		}
		in[a.Say] = s.RunID
		if s.Outcome == "started" {
			if before, twice := began[s.RunID]; twice {
				bad(o, "run %s was started by operations %d and %d", s.RunID, before.ID, o.ID)
			}
			began[s.RunID] = o
		}
		if before, twice := once[o.Key]; twice && a.Once {
			bad(o, "%s may start once, and was started by operations %d and %d", o.Key, before.ID, o.ID)
		}
		if a.Once {
			once[o.Key] = o
		}
	}
	count := map[string]int{}
	for _, id := range slices.Sorted(maps.Keys(x.ResultOp)) {
		r, o := x.Results[id], x.ResultOp[id]
		var seen []string
		if r.Status != "completed" || json.Unmarshal(r.Result, &seen) != nil {
			bad(o, "run %s is %q, %s after the healed cluster last finished anything: %s", id, r.Status, runs.Standstill, r.Result)
			continue
		}
		for _, say := range seen {
			s, sent := said[say]
			if count[say]++; count[say] == 2 {
				bad(o, "signal %s was seen twice", say)
			}
			switch {
			case !sent:
				bad(o, "run %s saw signal %s, which nobody sent", id, say)
			case s.Outcome == op.Refused || s.Outcome == op.Failed:
				bad(s, "run %s saw signal %s, whose sender was told that it did not happen (%s)", id, say, s.Code)
			case s.Outcome == op.OK && in[say] != id:
				bad(s, "run %s saw signal %s, whose sender was told of run %s", id, say, in[say])
			}
		}
		checkBegun(all, id, x.Histories[id], x.HistoryOp[id])
	}
	for _, say := range slices.Sorted(maps.Keys(in)) {
		if count[say] == 0 {
			bad(said[say], "no run saw signal %s, which was acknowledged as that of run %s", say, in[say])
		}
		if _, known := began[in[say]]; !known {
			bad(said[say], "run %s has signals, and nobody was told that it was started", in[say])
		}
	}
	return all.List
}

// checkBegun checks that a run began once if it had a delay, and never else.
func checkBegun(all *runs.Findings, id string, h wire.History, o op.Op) {
	want, got := 0, 0
	for _, e := range h.Events {
		switch e.Type {
		case "WorkflowStarted":
			var d struct {
				BeginsAt string `json:"begins_at"`
			}
			if json.Unmarshal(e.Data, &d) == nil && d.BeginsAt != "" {
				want = 1
			}
		case "WorkflowBegan":
			got++
		}
	}
	if got != want {
		all.Bad(o, "run %s began %d times after its start, want %d", id, got, want)
	}
}
