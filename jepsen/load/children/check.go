package children

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

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

// Check holds the histories of parents and children against each other. Moments are log time: a child starts, and ends, in the entry in which its parent is told so; what the
// close of a parent does to its children is in the entry of the close.
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

// countOf tells how many events of a type have a request of a caller in them.
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

// checkOps looks for what callers were told in the histories.
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
		case o.F == "cancel": // a run is asked once, by whoever is first
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

// checkBirth asks who started a run: the run that it goes on from, or a parent who knows it, or a caller.
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

// successor is the run that r continued as.
func successor(r *past.Run) string {
	var d struct {
		RunID string `json:"new_run_id"`
	}
	if r.End != nil && r.End.Type == "WorkflowContinuedAsNew" {
		json.Unmarshal(r.End.Data, &d)
	}
	return d.RunID
}

// chain lists a run and those that it continued as.
func (c *checker) chain(r *past.Run) []*past.Run {
	all := []*past.Run{r}
	for next := c.runs[successor(r)]; next != nil && !slices.Contains(all, next); next = c.runs[successor(next)] {
		all = append(all, next)
	}
	return all
}

// checkChild holds one child against what its parent's history says of it.
func (c *checker) checkChild(r *past.Run, line *past.Child) {
	name := fmt.Sprintf("child %d (%s) of %s", line.ID, line.WorkflowID, r.Name())
	given, told := gaveUp(line)
	if len(told) > 1 {
		c.bad(&r.Read, "%s ended %d times", name, len(told))
	}
	if line.RunID == "" {
		if len(told) == 0 && !r.Ended().Equal(line.At) || len(told) > 0 && told[0].Type != "ChildWorkflowFailed" {
			c.bad(&r.Read, "%s could not start, and its parent was told %v", name, told)
		}
		return
	}
	child := c.runs[line.RunID]
	if child == nil {
		c.bad(&r.Read, "%s was started as run %s, which does not exist", name, line.RunID)
		return
	}
	switch p := child.Parent; {
	case p == nil || p.WorkflowID != r.Workflow || p.RunID != r.ID || p.ID != line.ID || p.OnClose != line.OnClose:
		c.bad(&child.Read, "%s says of its parent %+v", name, p)
	case child.Workflow != line.WorkflowID || child.Version != line.Version || !child.At.Equal(line.At):
		c.bad(&child.Read, "%s started as %s on %s at %s, its parent says on %s at %s", name, child.Workflow, child.Version, child.At, line.Version, line.At)
	case line.Choice != 2 && child.Version != r.Version:
		c.bad(&child.Read, "%s is on %s, not on its parent's version %s", name, child.Version, r.Version)
	case line.Choice == 2 && !slices.ContainsFunc(past.During(c.eras, child.At), func(e past.Era) bool { return e.Routed == child.Version }):
		c.bad(&child.Read, "%s started at %s on %s, which was not routed then", name, child.At, child.Version)
	}
	chain := c.chain(child)
	last := chain[len(chain)-1]
	switch {
	case last.End == nil: // told by itself
	case len(told) == 0 && given == nil && r.Ended().After(last.End.At):
		c.bad(&r.Read, "%s ended at %s, and its parent, which was open until %s, was never told", name, last.End.At, r.Ended())
	case len(told) == 1 && !told[0].At.Equal(last.End.At):
		c.bad(&r.Read, "%s ended at %s, and its parent was told at %s", name, last.End.At, told[0].At)
	case len(told) == 1 && !tells(told[0], last.End):
		c.bad(&r.Read, "%s ended with %s %s, and its parent was told %s %s", name, last.End.Type, last.End.Data, told[0].Type, told[0].Data)
	case len(told) == 1 && given != nil && given.Seq < told[0].Seq:
		c.bad(&r.Read, "%s was given up, and its parent was told of its end all the same", name)
	}
	if given != nil {
		c.checkAsked(chain, given.At, name+" was given up")
	}
	if r.End != nil {
		c.checkPolicy(r, line, chain, name)
	}
}

// gaveUp parts what a parent's history says of the end of a child: that the parent gave it up, and how it ended.
func gaveUp(line *past.Child) (given *wire.Event, told []wire.Event) {
	for i, e := range line.Ends {
		var d struct {
			Asked bool `json:"asked"`
		}
		if json.Unmarshal(e.Data, &d); e.Type == "ChildWorkflowCancelled" && d.Asked {
			given = &line.Ends[i]
		} else {
			told = append(told, e)
		}
	}
	return given, told
}

// tells reports whether what a parent was told is how its child ended.
func tells(told wire.Event, end *wire.Event) bool {
	switch end.Type {
	case "WorkflowCompleted":
		var a, b struct {
			Result json.RawMessage `json:"result"`
		}
		return told.Type == "ChildWorkflowCompleted" && json.Unmarshal(told.Data, &a) == nil && json.Unmarshal(end.Data, &b) == nil && bytes.Equal(a.Result, b.Result)
	case "WorkflowCancelled":
		return told.Type == "ChildWorkflowCancelled"
	}
	return told.Type == "ChildWorkflowFailed"
}

// checkPolicy looks at what became of a child when its parent closed.
func (c *checker) checkPolicy(r *past.Run, line *past.Child, chain []*past.Run, name string) {
	at := r.End.At
	switch line.OnClose {
	case 0:
		for _, x := range chain {
			if x.Must(at) {
				c.bad(&x.Read, "%s was to be terminated with its parent at %s, and run %s was open until %s", name, at, x.ID, x.Ended())
			}
		}
	case 1:
		c.checkAsked(chain, at, name+" was to be cancelled with its parent")
	}
}

// checkAsked wants the run that certainly was open at a moment to have been asked to end by then.
func (c *checker) checkAsked(chain []*past.Run, at time.Time, why string) {
	for _, x := range chain {
		if x.Must(at) && !slices.ContainsFunc(x.Events, func(e wire.Event) bool { return e.Type == "CancelRequested" && !e.At.After(at) }) {
			c.bad(&x.Read, "%s at %s, and run %s was not asked to end", why, at, x.ID)
		}
	}
}

// checkMeddling wants a reason for every termination and every request to cancel: a caller who asked for it, a parent who closed or gave the child up at that moment, or the
// run before, which had not seen it.
func (c *checker) checkMeddling(r *past.Run) {
	asked := 0
	for _, e := range r.Events {
		var d struct {
			Reason string `json:"reason"`
		}
		if e.Type == "CancelRequested" {
			asked++
		} else if e.Type != "WorkflowTerminated" {
			continue
		}
		json.Unmarshal(e.Data, &d)
		if c.asked[d.Reason] || r.Continued != "" && e.At.Equal(r.At) {
			continue
		}
		if r.Parent == nil || c.runs[r.Parent.RunID] == nil || !caused(c.runs[r.Parent.RunID], e, r.Parent.ID, r.Parent.OnClose) {
			c.bad(&r.Read, "%s: %s at %s for the reason %q, which nobody gave", r.Name(), e.Type, e.At, d.Reason)
		}
	}
	if asked > 1 {
		c.bad(&r.Read, "%s was asked to end %d times", r.Name(), asked)
	}
}

// caused reports whether a parent did this to its child: by its close, or by giving it up.
func caused(r *past.Run, e wire.Event, child uint64, policy uint8) bool {
	if e.Type == "WorkflowTerminated" {
		return policy == 0 && r.Ended().Equal(e.At)
	}
	if policy == 1 && r.Ended().Equal(e.At) {
		return true
	}
	for i := range r.Children {
		if given, _ := gaveUp(&r.Children[i]); r.Children[i].ID == child && given != nil && given.At.Equal(e.At) {
			return true
		}
	}
	return false
}
