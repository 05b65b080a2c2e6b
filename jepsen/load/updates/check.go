package updates

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// Check compares the places that the runs gave with what callers were told: each generation gave
// as many as it has, each id got one at most, who was told of a place has that one, who was told
// that it is accepted has one, and who was refused has none.
func (w *Workload) Check(ops []op.Op) (found []load.Violation) {
	bad := func(o op.Op, format string, args ...any) {
		found = append(found, load.Violation{Checker: "updates", What: fmt.Sprintf(format, args...), Ops: []int{o.ID}})
	}
	x, err := runs.EndingsOf(ops, "updates")
	if err != nil {
		return []load.Violation{{Checker: "updates", What: err.Error()}}
	}
	given := map[string][][2]int{} // by id: generations and places
	for i := range targetCount {
		id := targetID(i)
		r, o := x.Results[id], x.ResultOp[id]
		var all [][]string
		if r.Status != "completed" || json.Unmarshal(r.Result, &all) != nil {
			bad(o, "%s is %q after it was told to stop: %s", id, r.Status, r.Result)
			continue
		}
		for g, taken := range all {
			if g > 0 && len(taken) > places { // the notes come first
				bad(o, "%s gave %d places in generation %d, and its validator agrees to %d", id, len(taken), g, places)
			}
			for n, who := range taken {
				given[id+" "+who] = append(given[id+" "+who], [2]int{g, n + 1})
			}
		}
	}
	answers := map[string][]op.Op{} // by run and id
	var order []string
	for _, o := range ops {
		if o.Workload != "updates" || o.F != "update" {
			continue
		}
		var a ask
		if err := json.Unmarshal(o.Value, &a); err != nil {
			bad(o, "operation %d asks for %s", o.ID, o.Value)
			continue
		}
		key := o.Key + " " + a.ID
		if answers[key] == nil {
			order = append(order, key)
		}
		answers[key] = append(answers[key], o)
	}
	for _, key := range order {
		has := given[key]
		delete(given, key)
		last := answers[key][len(answers[key])-1]
		if len(has) > 1 {
			bad(last, "%s has the places %v", key, has)
		}
		if _, known := x.Results[last.Key]; !known {
			continue // reported above
		}
		for _, o := range answers[key] {
			found = append(found, checkAnswer(key, o, has)...)
		}
		if last.Outcome == op.Unknown {
			bad(last, "%s has no known outcome", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		found = append(found, load.Violation{Checker: "updates", What: fmt.Sprintf("%s has the places %v, and never asked", key, given[key])})
	}
	return found
}

// checkAnswer compares one answer to an update with the places that its id has.
func checkAnswer(key string, o op.Op, has [][2]int) (found []load.Violation) {
	bad := func(format string, args ...any) {
		found = append(found, load.Violation{Checker: "updates", What: key + " " + fmt.Sprintf(format, args...), Ops: []int{o.ID}})
	}
	switch o.Outcome {
	case op.Failed, op.Refused:
		if o.Outcome == op.Refused && len(has) > 0 && o.Code != "unavailable" {
			bad("was refused (%s), and has the places %v", o.Code, has)
		}
		return found
	case op.Unknown:
		return nil
	}
	var a wire.UpdateAnswer
	if err := json.Unmarshal(o.Answer, &a); err != nil {
		bad("has an answer that cannot be read: %v", err)
		return found
	}
	switch a.Status {
	case "rejected":
		if len(has) > 0 {
			bad("was rejected, and has the places %v", has)
		}
	case "accepted":
		if len(has) == 0 {
			bad("was accepted, and has no place")
		}
		if a.Error != nil {
			bad("was accepted, and its run closed without an answer: %s", a.Error.Message)
		}
	case "completed":
		var told [2]int
		if a.Error != nil || json.Unmarshal(a.Result, &told) != nil {
			bad("failed: %s %+v", a.Result, a.Error)
		} else if !slices.Contains(has, told) {
			bad("was told %v, and has the places %v", told, has)
		}
	}
	return found
}
