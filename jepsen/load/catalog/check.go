package catalog

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/past"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// Check judges the history twice. Linearizable: is there an order of the operations of each type,
// each between its call and its answer, that explains every answer? Committed: do the operations,
// in the order of the log indexes that the cluster reports, explain every answer; does that order
// respect real time; is nothing missing, duplicated or invented in the deploy history; and does
// every stale listing show the state at its index? The second check needs no search; the first does
// not trust what the cluster reports about itself. And is the deploy history of each node linked?
func (w *Workload) Check(ops []op.Op) []load.Violation {
	versions := map[string][]string{}
	byType := map[string][]op.Op{}
	var committed []wire.Deploy
	read := uint64(0)
	var chains []op.Op
	for _, o := range ops {
		switch {
		case o.Workload != "catalog":
		case o.F == "versions-are":
			var list []string
			if json.Unmarshal(o.Value, &list) == nil {
				versions[o.Key] = list
			}
		case o.F == "deploys":
			var page wire.Deploys
			if o.Outcome == op.OK && json.Unmarshal(o.Answer, &page) == nil {
				committed, read = append(committed, page.Deploys...), max(read, page.Index)
			}
		case o.F == "chain":
			chains = append(chains, o)
		default:
			byType[o.Key] = append(byType[o.Key], o)
		}
	}
	found := past.CheckChains(chains)
	slices.Reverse(committed) // oldest first
	log := map[string][]wire.Deploy{}
	for _, d := range committed {
		log[d.WorkflowType] = append(log[d.WorkflowType], d)
	}
	var all []op.Op
	for _, typ := range slices.Sorted(maps.Keys(byType)) {
		all = append(all, byType[typ]...)
	}
	acked := load.NewFloor(all)
	for _, typ := range slices.Sorted(maps.Keys(byType)) {
		found = append(found, checkCommitted(typ, versions[typ], byType[typ], log[typ], acked)...)
		found = append(found, checkLinear(typ, versions[typ], mergeAttempts(byType[typ], log[typ]))...)
	}
	return found
}

// mergeAttempts merges all attempts of a request into one operation that lasts from the first call
// to the first answer with its outcome, and drops what did not happen.
func mergeAttempts(ops []op.Op, log []wire.Deploy) []op.Op {
	logged := map[string]bool{}
	for _, d := range log {
		logged[d.RequestID] = true
	}
	var out []op.Op
	at := map[string]int{}
	for _, o := range ops {
		if o.F == "list" || o.F == "stale" {
			if o.F == "list" && o.Outcome == op.OK {
				out = append(out, o)
			}
			continue
		}
		i, ok := at[o.Request]
		if !ok {
			at[o.Request] = len(out)
			out = append(out, o)
			continue
		}
		first := &out[i]
		known := first.Outcome == op.OK || first.Outcome == op.Refused
		if !known && (o.Outcome == op.OK || o.Outcome == op.Refused) {
			first.Outcome, first.Code, first.Answer, first.Return, first.Index = o.Outcome, o.Code, o.Answer, o.Return, o.Index
		} else if !known && o.Outcome == op.Unknown {
			first.Outcome, first.Return = op.Unknown, o.Return
		}
	}
	return slices.DeleteFunc(out, func(o op.Op) bool {
		switch o.Outcome {
		case op.Failed:
			return true // its answer means that it did not happen
		case op.Unknown:
			return !logged[o.Request]
		}
		return o.Code == "request_mismatch"
	})
}

// checkCommitted replays the deploy history, which has every operation with its index and outcome,
// and compares the answers with it. Indexes are those of one log for all types.
func checkCommitted(typ string, versions []string, ops []op.Op, log []wire.Deploy, floor load.Floor) (found []load.Violation) {
	bad := func(o *op.Op, format string, args ...any) {
		found = append(found, load.Violation{Checker: "committed", What: typ + ": " + fmt.Sprintf(format, args...), Ops: []int{o.ID}})
	}
	asked := map[string]op.Op{} // by request, the first attempt
	var lists []op.Op
	for _, o := range ops {
		if o.F == "list" || o.F == "stale" {
			lists = append(lists, o)
		} else if _, ok := asked[o.Request]; !ok {
			asked[o.Request] = o
		}
	}
	type point struct {
		index uint64
		state typeState
	}
	states := []point{{0, newTypeState()}}
	state := newTypeState()
	answers := map[string]struct {
		saw   view
		code  string
		index uint64
	}{}
	for _, d := range log {
		o, ok := asked[d.RequestID]
		if !ok {
			found = append(found, load.Violation{Checker: "committed", What: fmt.Sprintf("%s: the deploy history has a %s at index %d by request %q, which nobody made", typ, d.Operation, d.Index, d.RequestID)})
			continue
		}
		if _, twice := answers[d.RequestID]; twice {
			bad(&o, "request %q is in the deploy history twice", d.RequestID)
			continue
		}
		var ask arguments
		if err := json.Unmarshal(o.Value, &ask); err != nil {
			bad(&o, "%v", err)
			continue
		}
		after, saw, code := state.apply(o.F, ask, versions)
		if want := map[bool]string{true: "ok", false: code}[code == ""]; want != d.Outcome {
			bad(&o, "%s at index %d ended %q in the deploy history; in state %s it ends %q", o.F, d.Index, d.Outcome, state, want)
		}
		state = after
		states = append(states, point{d.Index, state})
		answers[d.RequestID] = struct {
			saw   view
			code  string
			index uint64
		}{saw, code, d.Index}
	}
	at := func(index uint64) []typeState { // all states of the type at this index: several commands share one
		var list []typeState
		for i, p := range states {
			if p.index <= index && (i+1 == len(states) || states[i+1].index > index) {
				list = append(list, p.state)
			}
		}
		return list
	}
	for i := range ops {
		o := &ops[i]
		if o.Outcome == op.OK && o.F != "stale" && o.Index < floor.Before(o.Invoke) && !o.Replayed {
			bad(o, "%s answered with index %d, though index %d had been acknowledged before it was called", o.F, o.Index, floor.Before(o.Invoke))
		}
		if o.F == "list" || o.F == "stale" || o.Outcome != op.OK && o.Outcome != op.Refused || o.Code == "request_mismatch" {
			continue
		}
		a, ok := answers[o.Request]
		switch {
		case !ok && (o.Outcome == op.OK || fromLog[o.Code]):
			bad(o, "%s was answered (%s%s), but the deploy history does not have it", o.F, o.Outcome, o.Code)
		case !ok:
		case o.Outcome == op.OK && a.code != "":
			bad(o, "%s was acknowledged, but the deploy history has it refused: %s", o.F, a.code)
		case o.Outcome == op.Refused && a.code != o.Code:
			bad(o, "%s was refused with %s, the model says %q", o.F, o.Code, a.code)
		case o.Outcome == op.OK && o.Index != a.index:
			bad(o, "%s answered index %d, the deploy history says %d", o.F, o.Index, a.index)
		case o.Outcome == op.OK:
			var said view
			if json.Unmarshal(o.Answer, &said) != nil || !said.agrees(o.F, a.saw) {
				bad(o, "%s answered %s, the model says %+v", o.F, o.Answer, a.saw)
			}
		}
	}
	for i := range lists {
		o := &lists[i]
		var said view
		if o.Outcome != op.OK || json.Unmarshal(o.Answer, &said) != nil {
			continue
		}
		var ask arguments
		if json.Unmarshal(o.Value, &ask) == nil && o.Index < ask.Min {
			bad(o, "a stale listing that asked for index %d shows index %d", ask.Min, o.Index)
		}
		fits := false
		for _, s := range at(o.Index) {
			_, saw, _ := s.apply("list", arguments{}, versions)
			fits = fits || said.agrees("list", saw)
		}
		if !fits {
			bad(o, "a listing at index %d shows %s; the log says %v", o.Index, o.Answer, at(o.Index))
		}
	}
	return found
}

// fromLog are the refusals that the state machine gives and records.
var fromLog = map[string]bool{"route_conflict": true, "unknown_version": true, "route_active": true, "version_unavailable": true, "unknown_workflow_type": true}
