package signals

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// Check compares what the targets saw with what was sent: each acknowledged signal once, each
// repeated one according to its final outcome, none that was refused or never sent, and each
// sender's in order.
func (w *Workload) Check(ops []op.Op) (found []load.Violation) {
	bad := func(o op.Op, format string, args ...any) {
		found = append(found, load.Violation{Checker: "signals", What: fmt.Sprintf(format, args...), Ops: []int{o.ID}})
	}
	x, err := runs.EndingsOf(ops, "signals")
	if err != nil {
		return []load.Violation{{Checker: "signals", What: err.Error()}}
	}
	// by target and signal: the last answer to each; of several attempts of a request, the one with
	// its outcome
	sent := map[string]map[string]op.Op{}
	targets := map[string]op.Op{}
	put := func(target, said string, o op.Op) {
		if sent[target] == nil {
			sent[target] = map[string]op.Op{}
		}
		sent[target][said] = o
	}
	settled := map[string]op.Op{}
	for _, o := range ops {
		if o.Workload != "signals" {
			continue
		}
		switch o.F {
		case "target":
			targets[o.Key] = o
		case "signal":
			var said string
			if json.Unmarshal(o.Value, &said) != nil {
				bad(o, "operation %d sends %s", o.ID, o.Value)
				continue
			}
			if before, ok := settled[o.Request]; ok && before.Outcome != op.Unknown && before.Outcome != op.Failed {
				continue
			}
			settled[o.Request] = o
			put(o.Key, said, o)
			if o.Outcome == op.Refused {
				bad(o, "signal %s to %s was refused with %s, though the run is open", said, o.Key, o.Code)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(x.Began)) {
		var ask sendersAsk
		if err := json.Unmarshal(x.Began[id].Value, &ask); err != nil {
			bad(x.Began[id], "%s: %v", id, err)
			continue
		}
		r, ended := x.Results[id]
		if !ended || r.Status != "completed" {
			bad(x.Began[id], "%s, a sender whose start was acknowledged, is %q, %s after the healed cluster last finished anything", id, r.Status, runs.Standstill)
			continue
		}
		for i := range ask.Count {
			put(ask.To, fmt.Sprintf("%s#%d", id, i), op.Op{Outcome: op.OK, ID: x.Began[id].ID})
		}
		found = append(found, checkSender(id, ask, x.Histories[id], x.HistoryOp[id])...)
	}
	found = append(found, checkInboxes(ops, x)...)
	for _, id := range slices.Sorted(maps.Keys(targets)) {
		r, o := x.Results[id], x.ResultOp[id]
		var seen []string
		if r.Status != "completed" || json.Unmarshal(r.Result, &seen) != nil {
			bad(o, "%s is %q after it was told to stop: %s", id, r.Status, r.Result)
			continue
		}
		count, last := map[string]int{}, map[string]int{}
		for _, said := range seen {
			sender, number, _ := strings.Cut(said, "#")
			n, err := strconv.Atoi(number)
			if before, ok := last[sender]; err == nil && ok && n <= before && count[said] == 0 {
				bad(o, "%s saw signal %d of %s after signal %d", id, n, sender, before)
			}
			last[sender] = max(last[sender], n)
			if count[said]++; count[said] == 2 {
				bad(o, "%s saw signal %s twice", id, said)
			}
			switch s, ok := sent[id][said]; {
			case !ok:
				bad(o, "%s saw signal %s, which nobody sent it", id, said)
			case s.Outcome == op.Refused || s.Outcome == op.Failed:
				bad(s, "%s saw signal %s, whose sender was told that it did not happen (%s)", id, said, s.Code)
			}
		}
		for _, said := range slices.Sorted(maps.Keys(sent[id])) {
			switch s := sent[id][said]; {
			case s.Outcome == op.OK && count[said] == 0:
				bad(s, "%s never saw signal %s, which was acknowledged", id, said)
			case s.Outcome == op.Unknown:
				bad(s, "signal %s to %s has no known outcome", said, id)
			}
		}
	}
	return found
}

// checkSender checks in the history of a sending run that it sent each signal once, in order, and
// without an error.
func checkSender(id string, ask sendersAsk, h wire.History, o op.Op) (found []load.Violation) {
	bad := func(format string, args ...any) {
		found = append(found, load.Violation{Checker: "signals", What: id + ": " + fmt.Sprintf(format, args...), Ops: []int{o.ID}})
	}
	events, problem := runs.EventsOf(h)
	if problem != "" {
		bad("%s", problem)
	}
	n := 0
	for _, e := range events {
		if e.Type != "SignalSent" {
			continue
		}
		want, _ := json.Marshal(fmt.Sprintf("%s#%d", id, n))
		if !runs.SameJSON(e.Payload, want) {
			bad("event %d sends %s, and %s comes next", e.Seq, e.Payload, want)
		}
		if e.Error != nil {
			bad("event %d: %s was not sent, though %s is open: %v", e.Seq, e.Payload, ask.To, e.Error)
		}
		n++
	}
	if n != ask.Count {
		bad("sent %d signals of %d", n, ask.Count)
	}
	return found
}
