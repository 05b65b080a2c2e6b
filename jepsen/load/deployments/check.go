package deployments

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/past"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
	"github.com/anishathalye/porcupine"
)

// Check judges the history three times. Whole: does every look, through any node, show both types
// of each pair alike, and each deployment in the deploy history with a record of each of its
// changes, at one index, or with none? Linearizable: is there an order of the operations on each
// pair that explains every answer and every fresh look? Committed: does the order of the indexes
// explain every look, also the stale ones? And is the deploy history of each node linked?
func (w *Workload) Check(ops []op.Op) []load.Violation {
	c := &checker{byPair: map[string][]op.Op{}}
	var chains []op.Op
	for _, o := range ops {
		var page wire.Deploys
		switch {
		case o.Workload != name:
		case o.F == "store":
		case o.F == "chain":
			chains = append(chains, o)
		case o.F == "deploys":
			if o.Outcome == op.OK && json.Unmarshal(o.Answer, &page) == nil {
				c.log = append(c.log, page.Deploys...)
			}
		case o.F == "look" || o.F == "stale":
			if o.Outcome == op.OK {
				c.looks = append(c.looks, o)
			}
		default:
			c.byPair[o.Key] = append(c.byPair[o.Key], o)
		}
	}
	c.found = past.CheckChains(chains)
	slices.Reverse(c.log)
	c.records = map[string][]wire.Deploy{}
	for _, d := range c.log {
		c.records[d.RequestID] = append(c.records[d.RequestID], d)
	}
	acknowledged := slices.Clone(c.looks)
	for _, ops := range c.byPair { // any order: the floor sorts them
		acknowledged = append(acknowledged, ops...)
	}
	c.floor = load.NewFloor(acknowledged)
	sights := make([]map[string]seen, len(c.looks))
	for i, o := range c.looks {
		if err := json.Unmarshal(o.Answer, &sights[i]); err != nil {
			c.bad("whole", []int{o.ID}, "a look was answered with what nobody understands: %v", err)
		}
	}
	for i, pair := range slices.Sorted(maps.Keys(c.byPair)) {
		ops := c.merge(pair, c.byPair[pair])
		c.checkCommitted(pair, ops, sights)
		c.checkLinear(pair, ops, sights, func(o op.Op) bool { return o.ID%len(c.byPair) == i })
	}
	return c.found
}

type checker struct {
	byPair  map[string][]op.Op
	looks   []op.Op
	log     []wire.Deploy // oldest first
	records map[string][]wire.Deploy
	floor   load.Floor
	found   []load.Violation
}

func (c *checker) bad(checker string, ops []int, format string, args ...any) {
	c.found = append(c.found, load.Violation{Checker: checker, What: fmt.Sprintf(format, args...), Ops: ops})
}

// fromLog are the refusals that the state machine gives.
var fromLog = map[string]bool{"route_conflict": true, "unknown_version": true, "route_active": true}

// merge makes one operation of all attempts of a request, from the first call to the first answer,
// and drops what did not happen. Of one without an answer the deploy history says whether it
// happened: with all its records, or with none.
func (c *checker) merge(pair string, all []op.Op) []op.Op {
	at := map[string]int{}
	var merged []op.Op
	known := func(o *op.Op) bool { return o.Outcome == op.OK || o.Outcome == op.Refused && fromLog[o.Code] }
	for _, o := range all {
		i, again := at[o.Request]
		switch {
		case !again:
			at[o.Request] = len(merged)
			merged = append(merged, o)
		case !known(&merged[i]) && (known(&o) || o.Outcome == op.Unknown):
			first := merged[i].Invoke
			merged[i] = o
			merged[i].Invoke = first
		}
	}
	return slices.DeleteFunc(merged, func(o op.Op) bool {
		acts := 0
		index := uint64(0)
		for _, d := range c.records[o.Request] {
			if d.Outcome != "ok" {
				continue
			}
			if acts++; index != 0 && d.Index != index {
				c.bad("whole", []int{o.ID}, "%s: the records of %s %s are of index %d and of %d", pair, o.F, o.Request, index, d.Index)
			}
			index = d.Index
		}
		switch { // two types, so two records
		case acts != 0 && acts != 2:
			c.bad("whole", []int{o.ID}, "%s: %s %s has %d records in the deploy history, want 2 or none", pair, o.F, o.Request, acts)
		case o.Outcome == op.OK && acts == 0:
			c.bad("whole", []int{o.ID}, "%s: %s %s was acknowledged, and the deploy history does not have it", pair, o.F, o.Request)
		case o.Outcome == op.OK && index != o.Index:
			c.bad("whole", []int{o.ID}, "%s: %s %s was acknowledged at index %d, and is in the deploy history at %d", pair, o.F, o.Request, o.Index, index)
		case o.Outcome == op.Failed && acts > 0:
			c.bad("whole", []int{o.ID}, "%s: %s %s did not happen, as its caller was told (%s), and is in the deploy history", pair, o.F, o.Request, o.Code)
		case o.Outcome == op.Refused && acts > 0:
			c.bad("whole", []int{o.ID}, "%s: %s %s was refused (%s), and is in the deploy history", pair, o.F, o.Request, o.Code)
		}
		return !known(&o) && acts == 0
	})
}

// checkCommitted executes the operations in the order of the deploy history, and holds every look
// against the state at its index.
func (c *checker) checkCommitted(pair string, ops []op.Op, sights []map[string]seen) {
	byRequest := map[string]op.Op{}
	for _, o := range ops {
		byRequest[o.Request] = o
	}
	type point struct {
		index uint64
		state state
	}
	points, done := []point{{0, empty()}}, map[string]bool{}
	for _, d := range c.log {
		o, ours := byRequest[d.RequestID]
		if !ours || done[d.RequestID] || d.Outcome != "ok" {
			continue
		}
		done[d.RequestID] = true
		var ask arguments
		if err := json.Unmarshal(o.Value, &ask); err != nil {
			c.bad("committed", []int{o.ID}, "%s: %v", pair, err)
			continue
		}
		last := points[len(points)-1].state
		after, code := last.apply(o.F, ask)
		if code != "" {
			c.bad("committed", []int{o.ID}, "%s: %s %s took effect at index %d, and should have been refused there (%s): %s", pair, o.F, o.Value, d.Index, code, last)
		}
		points = append(points, point{d.Index, after})
	}
	for i, o := range c.looks {
		s, ok := sights[i][pair]
		if !ok {
			continue
		}
		shown, alike := s.whole()
		if !alike {
			c.bad("whole", []int{o.ID}, "%s: a %s at index %d through %s shows its two types apart: %+v", pair, o.F, o.Index, o.Node, s)
			continue
		}
		if o.F == "look" && o.Index < c.floor.Before(o.Invoke) {
			c.bad("committed", []int{o.ID}, "%s: a look shows index %d, and %d was acknowledged before", pair, o.Index, c.floor.Before(o.Invoke))
		}
		fits := false
		for n, p := range points { // several entries' worth of commands may share an index
			fits = fits || p.index <= o.Index && (n+1 == len(points) || points[n+1].index > o.Index) && p.state == shown
		}
		if !fits {
			c.bad("committed", []int{o.ID}, "%s: a %s at index %d through %s shows %s, which it was not then", pair, o.F, o.Index, o.Node, shown)
		}
	}
}

// patienceOfSearch bounds the search for an order of one pair's operations.
const patienceOfSearch = time.Minute

// call is one operation, or one look at one pair, as the search sees it.
type call struct {
	op.Op
	ask   arguments
	shown *state // nil unless a look
}

// checkLinear looks for an order. A look shows all pairs, and counts for one of them: a search
// takes exponentially longer with the number of calls that are under way at a time.
func (c *checker) checkLinear(pair string, ops []op.Op, sights []map[string]seen, counts func(op.Op) bool) {
	model := porcupine.Model{
		Init:              func() any { return empty() },
		Step:              func(s, input, _ any) (bool, any) { return input.(*call).step(s.(state)) },
		Equal:             func(a, b any) bool { return a == b },
		DescribeOperation: func(input, _ any) string { return input.(*call).String() },
		DescribeState:     func(s any) string { return s.(state).String() },
	}
	var history []porcupine.Operation
	var ids []int
	add := func(o op.Op, in *call) {
		end := o.Return
		if o.Outcome == op.Unknown {
			end = 1 << 62
		}
		history = append(history, porcupine.Operation{ClientId: o.Process, Input: in, Call: o.Invoke, Return: end})
		ids = append(ids, o.ID)
	}
	for _, o := range ops {
		in := &call{Op: o}
		if json.Unmarshal(o.Value, &in.ask) == nil {
			add(o, in)
		}
	}
	for i, o := range c.looks {
		if s, ok := sights[i][pair]; ok && o.F == "look" && counts(o) {
			shown, _ := s.whole()
			add(o, &call{Op: o, shown: &shown})
		}
	}
	slices.SortFunc(history, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	switch porcupine.CheckOperationsTimeout(model, history, patienceOfSearch) {
	case porcupine.Illegal:
		c.found = append(c.found, load.Violation{Checker: "linearizable", What: fmt.Sprintf("%s: no order of its %d operations gives their answers", pair, len(history)), Ops: ids, Draw: func(path string) error {
			_, info := porcupine.CheckOperationsVerbose(model, history, patienceOfSearch)
			return porcupine.VisualizePath(model, info, path)
		}})
	case porcupine.Unknown:
		c.bad("linearizable", ids, "%s: no verdict on %d operations in %s", pair, len(history), patienceOfSearch)
	}
}

// step reports whether the call could have happened in state s, and returns the state after it.
func (c *call) step(s state) (bool, state) {
	if c.shown != nil {
		return *c.shown == s, s
	}
	after, code := s.apply(c.F, c.ask)
	switch c.Outcome {
	case op.OK:
		return code == "", after
	case op.Refused:
		return code == c.Code, s
	}
	return code == "", after // committed, but the caller got no answer
}

func (c *call) String() string {
	if c.shown != nil {
		return fmt.Sprintf("look: %s", *c.shown)
	}
	return fmt.Sprintf("%s %s: %s %s", c.F, c.Value, c.Outcome, c.Code)
}
