package children

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

// checker holds what the checker of children knows.
type checker struct {
	runs   map[string]*past.Run // by run id
	eras   []past.Era
	asked  map[string]bool // requests: reasons that callers gave
	listed map[string]int
	found  []load.Violation
}

// Check compares the histories of parents and children with each other. Moments are log time: a
// child starts, and ends, in the entry in which its parent is told; and what a parent's close does
// to its children happens in the entry of the close.
func (w *Workload) Check(ops []op.Op) []load.Violation {
	c := &checker{runs: map[string]*past.Run{}, asked: map[string]bool{}, listed: map[string]int{}}
	var log []wire.Deploy
	for i := range ops {
		o := &ops[i]
		switch {
		case o.Workload != "children":
		case o.F == "history" && o.Outcome == op.OK:
			r, wrong := past.Parse(*o)
			for _, what := range wrong {
				c.bad(o, "%s", what)
			}
			if r != nil {
				c.runs[r.ID] = r
			}
		case o.F == "runs":
			var page []wire.Run
			json.Unmarshal(o.Answer, &page)
			for _, r := range page {
				c.listed[r.RunID]++
			}
		case o.F == "deploys":
			var page wire.Deploys
			json.Unmarshal(o.Answer, &page)
			log = append(log, page.Deploys...)
		default:
			c.asked[o.Request] = true
		}
	}
	slices.Reverse(log)
	c.eras = past.Eras(log, nil)
	c.checkOps(ops)
	lives := map[string][]past.Lifetime{}
	for _, r := range c.runs { // any order: past.TwiceOpen sorts
		lives[r.Workflow] = append(lives[r.Workflow], past.Lifetimes(r.ID, r.Events)...)
	}
	for _, what := range past.TwiceOpen(lives) {
		c.bad(nil, "%s", what)
	}
	born := map[string]string{} // run id by parent and ordinal
	for _, id := range slices.Sorted(maps.Keys(c.runs)) {
		r := c.runs[id]
		c.checkBirth(r, born)
		c.checkMeddling(r)
		c.checkGuard(r)
		for i := range r.Children {
			if r.Children[i].Type == "" {
				c.bad(&r.Read, "%s is told of the end of child %d, which it never started", r.Name(), r.Children[i].ID)
				continue
			}
			c.checkChild(r, &r.Children[i])
		}
		if r.End == nil {
			c.bad(&r.Read, "%s is open for ever", r.Name())
		}
		if c.listed[id] != 1 {
			c.bad(&r.Read, "%s is listed %d times", r.Name(), c.listed[id])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.listed)) {
		if c.runs[id] == nil {
			c.bad(nil, "run %s is listed, and in no history", id)
		}
	}
	return c.found
}

func (c *checker) bad(o *op.Op, format string, args ...any) {
	v := load.Violation{Checker: "children", What: fmt.Sprintf(format, args...)}
	if o != nil {
		v.Ops = []int{o.ID}
	}
	c.found = append(c.found, v)
}

// countOf returns how many events of a type contain a caller's request.
func countOf(r *past.Run, typ, request string) (n int) {
	for _, e := range r.Events {
		var d struct {
			Reason  string `json:"reason"`
			Payload struct {
				Request string `json:"request"`
			} `json:"payload"`
		}
		if json.Unmarshal(e.Data, &d); e.Type == typ && (d.Reason == request || d.Payload.Request == request) {
			n++
		}
	}
	return n
}

// checkOps looks up in the histories what callers were told.
func (c *checker) checkOps(ops []op.Op) {
	kinds := map[string]string{"signal": "SignalReceived", "cancel": "CancelRequested", "terminate": "WorkflowTerminated"}
	where := map[string][]string{} // runs by request
	for _, id := range slices.Sorted(maps.Keys(c.runs)) {
		for _, e := range c.runs[id].Events {
			var d struct {
				Reason  string `json:"reason"`
				Payload struct {
					Request string `json:"request"`
				} `json:"payload"`
			}
			if json.Unmarshal(e.Data, &d); d.Reason != "" || d.Payload.Request != "" {
				where[d.Reason+d.Payload.Request] = append(where[d.Reason+d.Payload.Request], id)
			}
		}
	}
	roots := map[string]bool{}
	for i := range ops {
		o := &ops[i]
		if o.Workload != "children" {
			continue
		}
		if o.F == "start" && o.Outcome == op.OK {
			var a wire.StartAnswer
			json.Unmarshal(o.Answer, &a)
			roots[a.RunID] = true
			if r := c.runs[a.RunID]; r == nil || r.Workflow != o.Key || r.Version != a.Version || r.Parent != nil {
				c.bad(o, "%s was acknowledged as run %s, and no history says so", o.Key, a.RunID)
			}
		}
		typ := kinds[o.F]
		if typ == "" {
			continue
		}
		if o.Outcome == op.Refused {
			if len(where[o.Request]) > 0 {
				c.bad(o, "%s of %s was refused with %s, and is in the history of run %s", o.F, o.Key, o.Code, where[o.Request][0])
			}
			continue
		}
		var a wire.RunAnswer
		if o.Outcome != op.OK || json.Unmarshal(o.Answer, &a) != nil {
			continue
		}
		r := c.runs[a.RunID]
		switch {
		case r == nil || r.Workflow != o.Key:
			c.bad(o, "%s of %s reached run %s, which does not exist", o.F, o.Key, a.RunID)
		case o.F == "cancel": // a run is asked once, by whoever comes first
			if countOf(r, typ, o.Request) > 1 || !slices.ContainsFunc(r.Events, func(e wire.Event) bool { return e.Type == typ }) {
				c.bad(o, "the cancel of %s was acknowledged, and is %d times in its history", r.Name(), countOf(r, typ, o.Request))
			}
		case countOf(r, typ, o.Request) != 1:
			c.bad(o, "the %s of %s was acknowledged, and is %d times in its history", o.F, r.Name(), countOf(r, typ, o.Request))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.runs)) {
		if r := c.runs[id]; r.Parent == nil && r.Continued == "" && !roots[id] {
			c.bad(&r.Read, "%s is no child and was never the answer to a start", r.Name())
		}
	}
}

// checkBirth checks who started a run: the run that it continues, a parent that knows it, or a
// caller.
func (c *checker) checkBirth(r *past.Run, born map[string]string) {
	routed := slices.ContainsFunc(past.During(c.eras, r.At), func(e past.Era) bool { return e.Routed == r.Version })
	switch {
	case r.Continued != "":
		from := c.runs[r.Continued]
		if from == nil || successor(from) != r.ID || !from.End.At.Equal(r.At) {
			c.bad(&r.Read, "%s goes on from run %s, which does not say so", r.Name(), r.Continued)
		}
		if !routed {
			c.bad(&r.Read, "%s went on at %s on %s, which was not routed then", r.Name(), r.At, r.Version)
		}
	case r.Parent == nil:
		if !routed {
			c.bad(&r.Read, "%s started at %s on %s, which was not routed then", r.Name(), r.At, r.Version)
		}
	default:
		key := fmt.Sprintf("%s:%d", r.Parent.RunID, r.Parent.ID)
		if other := born[key]; other != "" {
			c.bad(&r.Read, "%s and run %s are both child %d of run %s", r.Name(), other, r.Parent.ID, r.Parent.RunID)
		}
		born[key] = r.ID
		parent := c.runs[r.Parent.RunID]
		if parent == nil || !slices.ContainsFunc(parent.Children, func(child past.Child) bool { return child.RunID == r.ID }) {
			c.bad(&r.Read, "%s is not in the history of its parent %s", r.Name(), r.Parent.RunID)
		}
	}
}

// successor returns the run as which r continued.
func successor(r *past.Run) string {
	var d struct {
		RunID string `json:"new_run_id"`
	}
	if r.End != nil && r.End.Type == "WorkflowContinuedAsNew" {
		json.Unmarshal(r.End.Data, &d)
	}
	return d.RunID
}

// chain lists a run and those as which it continued.
func (c *checker) chain(r *past.Run) []*past.Run {
	all := []*past.Run{r}
	for next := c.runs[successor(r)]; next != nil && !slices.Contains(all, next); next = c.runs[successor(next)] {
		all = append(all, next)
	}
	return all
}
