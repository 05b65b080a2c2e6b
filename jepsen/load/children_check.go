package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// childrenCheck holds what the checker of children knows.
type childrenCheck struct {
	runs   map[string]*pastRun // by run id
	eras   []era
	asked  map[string]bool // requests: reasons that callers gave
	listed map[string]int
	found  []Violation
}

// Check holds the histories of parents and children against each other. Moments are log time: a child starts, and ends, in the entry in which its parent is told so; what the
// close of a parent does to its children is in the entry of the close.
func (w *children) Check(ops []op.Op) []Violation {
	c := &childrenCheck{runs: map[string]*pastRun{}, asked: map[string]bool{}, listed: map[string]int{}}
	var log []wire.Deploy
	for i := range ops {
		o := &ops[i]
		switch {
		case o.Workload != "children":
		case o.F == "history" && o.Outcome == op.OK:
			r, wrong := parsePast(*o)
			for _, what := range wrong {
				c.bad(o, "%s", what)
			}
			if r != nil {
				c.runs[r.id] = r
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
	c.eras = eras(log, nil)
	c.checkOps(ops)
	lives := map[string][]lifetime{}
	for _, r := range c.runs { // any order: twiceOpen sorts
		lives[r.workflow] = append(lives[r.workflow], lifetimes(r.id, r.events)...)
	}
	for _, what := range twiceOpen(lives) {
		c.bad(nil, "%s", what)
	}
	born := map[string]string{} // run id by parent and ordinal
	for _, id := range slices.Sorted(maps.Keys(c.runs)) {
		r := c.runs[id]
		c.checkBirth(r, born)
		c.checkMeddling(r)
		for i := range r.children {
			if r.children[i].Type == "" {
				c.bad(&r.read, "%s is told of the end of child %d, which it never started", r.name(), r.children[i].ID)
				continue
			}
			c.checkChild(r, &r.children[i])
		}
		if r.end == nil {
			c.bad(&r.read, "%s is open for ever", r.name())
		}
		if c.listed[id] != 1 {
			c.bad(&r.read, "%s is listed %d times", r.name(), c.listed[id])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.listed)) {
		if c.runs[id] == nil {
			c.bad(nil, "run %s is listed, and in no history", id)
		}
	}
	return c.found
}

func (c *childrenCheck) bad(o *op.Op, format string, args ...any) {
	v := Violation{Checker: "children", What: fmt.Sprintf(format, args...)}
	if o != nil {
		v.Ops = []int{o.ID}
	}
	c.found = append(c.found, v)
}

// countOf tells how many events of a type have a request of a caller in them.
func countOf(r *pastRun, typ, request string) (n int) {
	for _, e := range r.events {
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
func (c *childrenCheck) checkOps(ops []op.Op) {
	kinds := map[string]string{"signal": "SignalReceived", "cancel": "CancelRequested", "terminate": "WorkflowTerminated"}
	where := map[string][]string{} // runs by request
	for _, id := range slices.Sorted(maps.Keys(c.runs)) {
		for _, e := range c.runs[id].events {
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
			if r := c.runs[a.RunID]; r == nil || r.workflow != o.Key || r.version != a.Version || r.parent != nil {
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
		case r == nil || r.workflow != o.Key:
			c.bad(o, "%s of %s reached run %s, which does not exist", o.F, o.Key, a.RunID)
		case o.F == "cancel": // a run is asked once, by whoever is first
			if countOf(r, typ, o.Request) > 1 || !slices.ContainsFunc(r.events, func(e wire.Event) bool { return e.Type == typ }) {
				c.bad(o, "the cancel of %s was acknowledged, and is %d times in its history", r.name(), countOf(r, typ, o.Request))
			}
		case countOf(r, typ, o.Request) != 1:
			c.bad(o, "the %s of %s was acknowledged, and is %d times in its history", o.F, r.name(), countOf(r, typ, o.Request))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.runs)) {
		if r := c.runs[id]; r.parent == nil && r.continued == "" && !roots[id] {
			c.bad(&r.read, "%s is no child and was never the answer to a start", r.name())
		}
	}
}

// checkBirth asks who started a run: the run that it goes on from, or a parent who knows it, or a caller.
func (c *childrenCheck) checkBirth(r *pastRun, born map[string]string) {
	routed := slices.ContainsFunc(during(c.eras, r.at), func(e era) bool { return e.routed == r.version })
	switch {
	case r.continued != "":
		from := c.runs[r.continued]
		if from == nil || successor(from) != r.id || !from.end.At.Equal(r.at) {
			c.bad(&r.read, "%s goes on from run %s, which does not say so", r.name(), r.continued)
		}
		if !routed {
			c.bad(&r.read, "%s went on at %s on %s, which was not routed then", r.name(), r.at, r.version)
		}
	case r.parent == nil:
		if !routed {
			c.bad(&r.read, "%s started at %s on %s, which was not routed then", r.name(), r.at, r.version)
		}
	default:
		key := fmt.Sprintf("%s:%d", r.parent.RunID, r.parent.ID)
		if other := born[key]; other != "" {
			c.bad(&r.read, "%s and run %s are both child %d of run %s", r.name(), other, r.parent.ID, r.parent.RunID)
		}
		born[key] = r.id
		parent := c.runs[r.parent.RunID]
		if parent == nil || !slices.ContainsFunc(parent.children, func(child pastChild) bool { return child.RunID == r.id }) {
			c.bad(&r.read, "%s is not in the history of its parent %s", r.name(), r.parent.RunID)
		}
	}
}

// successor is the run that r continued as.
func successor(r *pastRun) string {
	var d struct {
		RunID string `json:"new_run_id"`
	}
	if r.end != nil && r.end.Type == "WorkflowContinuedAsNew" {
		json.Unmarshal(r.end.Data, &d)
	}
	return d.RunID
}

// chain lists a run and those that it continued as.
func (c *childrenCheck) chain(r *pastRun) []*pastRun {
	all := []*pastRun{r}
	for next := c.runs[successor(r)]; next != nil && !slices.Contains(all, next); next = c.runs[successor(next)] {
		all = append(all, next)
	}
	return all
}

// checkChild holds one child against what its parent's history says of it.
func (c *childrenCheck) checkChild(r *pastRun, line *pastChild) {
	name := fmt.Sprintf("child %d (%s) of %s", line.ID, line.WorkflowID, r.name())
	given, told := gaveUp(line)
	if len(told) > 1 {
		c.bad(&r.read, "%s ended %d times", name, len(told))
	}
	if line.RunID == "" {
		if len(told) == 0 && !r.ended().Equal(line.at) || len(told) > 0 && told[0].Type != "ChildWorkflowFailed" {
			c.bad(&r.read, "%s could not start, and its parent was told %v", name, told)
		}
		return
	}
	child := c.runs[line.RunID]
	if child == nil {
		c.bad(&r.read, "%s was started as run %s, which does not exist", name, line.RunID)
		return
	}
	switch p := child.parent; {
	case p == nil || p.WorkflowID != r.workflow || p.RunID != r.id || p.ID != line.ID || p.OnClose != line.OnClose:
		c.bad(&child.read, "%s says of its parent %+v", name, p)
	case child.workflow != line.WorkflowID || child.version != line.Version || !child.at.Equal(line.at):
		c.bad(&child.read, "%s started as %s on %s at %s, its parent says on %s at %s", name, child.workflow, child.version, child.at, line.Version, line.at)
	case line.Choice != 2 && child.version != r.version:
		c.bad(&child.read, "%s is on %s, not on its parent's version %s", name, child.version, r.version)
	case line.Choice == 2 && !slices.ContainsFunc(during(c.eras, child.at), func(e era) bool { return e.routed == child.version }):
		c.bad(&child.read, "%s started at %s on %s, which was not routed then", name, child.at, child.version)
	}
	chain := c.chain(child)
	last := chain[len(chain)-1]
	switch {
	case last.end == nil: // told by itself
	case len(told) == 0 && given == nil && r.ended().After(last.end.At):
		c.bad(&r.read, "%s ended at %s, and its parent, which was open until %s, was never told", name, last.end.At, r.ended())
	case len(told) == 1 && !told[0].At.Equal(last.end.At):
		c.bad(&r.read, "%s ended at %s, and its parent was told at %s", name, last.end.At, told[0].At)
	case len(told) == 1 && !tells(told[0], last.end):
		c.bad(&r.read, "%s ended with %s %s, and its parent was told %s %s", name, last.end.Type, last.end.Data, told[0].Type, told[0].Data)
	case len(told) == 1 && given != nil && given.Seq < told[0].Seq:
		c.bad(&r.read, "%s was given up, and its parent was told of its end all the same", name)
	}
	if given != nil {
		c.checkAsked(chain, given.At, name+" was given up")
	}
	if r.end != nil {
		c.checkPolicy(r, line, chain, name)
	}
}

// gaveUp parts what a parent's history says of the end of a child: that the parent gave it up, and how it ended.
func gaveUp(line *pastChild) (given *wire.Event, told []wire.Event) {
	for i, e := range line.ends {
		var d struct {
			Asked bool `json:"asked"`
		}
		if json.Unmarshal(e.Data, &d); e.Type == "ChildWorkflowCancelled" && d.Asked {
			given = &line.ends[i]
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
func (c *childrenCheck) checkPolicy(r *pastRun, line *pastChild, chain []*pastRun, name string) {
	at := r.end.At
	switch line.OnClose {
	case 0:
		for _, x := range chain {
			if x.must(at) {
				c.bad(&x.read, "%s was to be terminated with its parent at %s, and run %s was open until %s", name, at, x.id, x.ended())
			}
		}
	case 1:
		c.checkAsked(chain, at, name+" was to be cancelled with its parent")
	}
}

// checkAsked wants the run that certainly was open at a moment to have been asked to end by then.
func (c *childrenCheck) checkAsked(chain []*pastRun, at time.Time, why string) {
	for _, x := range chain {
		if x.must(at) && !slices.ContainsFunc(x.events, func(e wire.Event) bool { return e.Type == "CancelRequested" && !e.At.After(at) }) {
			c.bad(&x.read, "%s at %s, and run %s was not asked to end", why, at, x.id)
		}
	}
}

// checkMeddling wants a reason for every termination and every request to cancel: a caller who asked for it, a parent who closed or gave the child up at that moment, or the
// run before, which had not seen it.
func (c *childrenCheck) checkMeddling(r *pastRun) {
	asked := 0
	for _, e := range r.events {
		var d struct {
			Reason string `json:"reason"`
		}
		if e.Type == "CancelRequested" {
			asked++
		} else if e.Type != "WorkflowTerminated" {
			continue
		}
		json.Unmarshal(e.Data, &d)
		if c.asked[d.Reason] || r.continued != "" && e.At.Equal(r.at) {
			continue
		}
		if r.parent == nil || c.runs[r.parent.RunID] == nil || !caused(c.runs[r.parent.RunID], e, r.parent.ID, r.parent.OnClose) {
			c.bad(&r.read, "%s: %s at %s for the reason %q, which nobody gave", r.name(), e.Type, e.At, d.Reason)
		}
	}
	if asked > 1 {
		c.bad(&r.read, "%s was asked to end %d times", r.name(), asked)
	}
}

// caused reports whether a parent did this to its child: by its close, or by giving it up.
func caused(r *pastRun, e wire.Event, child uint64, policy uint8) bool {
	if e.Type == "WorkflowTerminated" {
		return policy == 0 && r.ended().Equal(e.At)
	}
	if policy == 1 && r.ended().Equal(e.At) {
		return true
	}
	for i := range r.children {
		if given, _ := gaveUp(&r.children[i]); r.children[i].ID == child && given != nil && given.At.Equal(e.At) {
			return true
		}
	}
	return false
}
