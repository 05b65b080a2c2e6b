package timers

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// Check walks through the history of every run together with its input, the durations that it
// sleeps. Each nap arms one timer, which is due when the nap is over and fires once, not earlier;
// and the next nap begins only then. Every run whose start was acknowledged, at once or when it was
// repeated, exists and ended in time.
func (w *Workload) Check(ops []op.Op) (found []load.Violation) {
	bad := func(o op.Op, format string, args ...any) {
		found = append(found, load.Violation{Checker: "timers", What: o.Key + ": " + fmt.Sprintf(format, args...), Ops: []int{o.ID}})
	}
	x, err := runs.EndingsOf(ops, "timers")
	if err != nil {
		return []load.Violation{{Checker: "timers", What: err.Error()}}
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
		}
		start, ok := x.Began[id]
		var naps []string
		if !ok || json.Unmarshal(start.Value, &naps) != nil {
			bad(o, "there is such a run, and nobody's start of it was acknowledged")
			continue
		}
		events, problem := runs.EventsOf(x.Histories[id])
		if problem != "" {
			bad(o, "%s", problem)
			continue
		}
		for _, p := range checkNaps(naps, events) {
			bad(o, "%s", p)
		}
	}
	return found
}

// armed is a timer of a history.
type armed struct {
	FireAt time.Time `json:"fire_at"`
	fired  int
}

// checkNaps returns what is wrong with the events of a run that sleeps these durations one after
// another.
func checkNaps(naps []string, events []runs.Event) (problems []string) {
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	timers := map[uint64]*armed{}
	begun, sleeping, end := 0, uint64(0), ""
	for _, e := range events {
		if end != "" {
			bad("event %d, a %s, comes after the %s that ended the run", e.Seq, e.Type, end)
		}
		switch e.Type {
		case "WorkflowStarted":
		case "TimerStarted":
			t := new(armed)
			if err := json.Unmarshal(e.Data, t); err != nil {
				bad("event %d cannot be read: %v", e.Seq, err)
			}
			if timers[e.ID] != nil {
				bad("timer %d is armed twice, again by event %d", e.ID, e.Seq)
				continue
			}
			timers[e.ID] = t
			if sleeping != 0 {
				bad("timer %d is armed by event %d while timer %d runs", e.ID, e.Seq, sleeping)
			}
			if begun == len(naps) {
				bad("timer %d is one more than the %d naps", e.ID, len(naps))
				continue
			}
			nap, err := time.ParseDuration(naps[begun])
			if got := t.FireAt.Sub(e.At); err != nil || got != nap {
				bad("timer %d was armed for %s, the nap is %s", e.ID, got, naps[begun])
			}
			begun, sleeping = begun+1, e.ID
		case "TimerFired":
			t := timers[e.ID]
			if t == nil {
				bad("timer %d fired by event %d and was not armed", e.ID, e.Seq)
				continue
			}
			if t.fired++; t.fired == 2 {
				bad("timer %d fired again by event %d", e.ID, e.Seq)
			}
			if e.At.Before(t.FireAt) {
				bad("timer %d was due at %s and fired at %s", e.ID, t.FireAt, e.At)
			}
			if sleeping == e.ID {
				sleeping = 0
			}
		case "WorkflowCompleted":
			if end = e.Type; sleeping != 0 || begun != len(naps) {
				bad("it completed after %d of %d naps, while timer %d ran", begun, len(naps), sleeping)
			}
			if !runs.SameJSON(e.Result, json.RawMessage(fmt.Sprint(len(naps)))) {
				bad("its result is %s, not %d", e.Result, len(naps))
			}
		default:
			bad("event %d is a %s, which nothing in it can have made", e.Seq, e.Type)
		}
	}
	return problems
}
