package children

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"aion.dev/aion/jepsen/load/past"
	"aion.dev/aion/transport/wire"
)

// checkChild compares one child with its parent's history.
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
	case line.Choice != past.Routed && child.Version != r.Version:
		c.bad(&child.Read, "%s is on %s, not on its parent's version %s", name, child.Version, r.Version)
	case line.Choice == past.Routed && !slices.ContainsFunc(past.During(c.eras, child.At), func(e past.Era) bool { return e.Routed == child.Version }):
		c.bad(&child.Read, "%s started at %s on %s, which was not routed then", name, child.At, child.Version)
	}
	chain := c.chain(child)
	last := chain[len(chain)-1]
	switch {
	case last.End == nil: // the parent was told by the child itself
	case len(told) == 0 && given == nil && r.Ended().After(last.End.At):
		c.bad(&r.Read, "%s ended at %s, and its parent, which was open until %s, was never told", name, last.End.At, r.Ended())
	case len(told) == 1 && !told[0].At.Equal(last.End.At):
		c.bad(&r.Read, "%s ended at %s, and its parent was told at %s", name, last.End.At, told[0].At)
	case len(told) == 1 && !agrees(told[0], last.End):
		c.bad(&r.Read, "%s ended with %s %s, and its parent was told %s %s", name, last.End.Type, last.End.Data, told[0].Type, told[0].Data)
	case len(told) == 1 && given != nil && given.Seq < told[0].Seq:
		c.bad(&r.Read, "%s was given up, and its parent was told of its end all the same", name)
	}
	if given != nil {
		c.checkAsked(chain, given.At, name+" was given up")
	}
	for _, e := range line.Asks {
		c.checkAsked(chain, e.At, name+" was to end")
	}
	if r.End != nil {
		c.checkPolicy(r, line, chain, name)
	}
}

// gaveUp splits what a parent's history says about the end of a child: that the parent gave it up,
// and how it ended.
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

// agrees reports whether what a parent was told matches how its child ended.
func agrees(told wire.Event, end *wire.Event) bool {
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

// checkPolicy checks what happened to a child when its parent closed.
func (c *checker) checkPolicy(r *past.Run, line *past.Child, chain []*past.Run, name string) {
	at := r.End.At
	switch line.OnClose {
	case "", past.Terminate:
		for _, x := range chain {
			if cleansUp(x, at) && r.End.Type != "WorkflowTerminated" {
				if e := x.End; e != nil && e.Type == "WorkflowTerminated" && e.At.Equal(at) && !c.askedFor(e) && !older(x) {
					c.bad(&x.Read, "%s had been asked to cancel, and run %s was terminated when its parent closed at %s", name, x.ID, at)
				}
			} else if x.Must(at) && !slices.ContainsFunc(x.Events, func(e wire.Event) bool { return e.Type == "CancelRequested" && e.At.Equal(at) }) {
				c.bad(&x.Read, "%s was to be terminated with its parent at %s, and run %s was open until %s", name, at, x.ID, x.Ended())
			}
		}
	case past.Cancel:
		c.checkAsked(chain, at, name+" was to be cancelled with its parent")
	}
}

// cleansUp reports whether a run had been asked to cancel before a moment: then it goes on when its
// parent closes, unless somebody terminates that.
func cleansUp(x *past.Run, at time.Time) bool {
	return slices.ContainsFunc(x.Events, func(e wire.Event) bool { return e.Type == "CancelRequested" && e.At.Before(at) })
}

// older reports whether a run started when the state was perhaps below level 4, where a child ended
// with its parent all the same: from then on the first event of a child names the root of its tree.
func older(x *past.Run) bool {
	var d struct {
		Root json.RawMessage `json:"root"`
	}
	return len(x.Events) == 0 || json.Unmarshal(x.Events[0].Data, &d) != nil || d.Root == nil
}

// askedFor reports whether a caller gave the reason of an event.
func (c *checker) askedFor(e *wire.Event) bool {
	var d struct {
		Reason string `json:"reason"`
	}
	return json.Unmarshal(e.Data, &d) == nil && c.asked[d.Reason]
}

// checkAsked requires that the run which certainly was open at a moment had been asked to end by
// then.
func (c *checker) checkAsked(chain []*past.Run, at time.Time, why string) {
	for _, x := range chain {
		if x.Must(at) && !slices.ContainsFunc(x.Events, func(e wire.Event) bool { return e.Type == "CancelRequested" && !e.At.After(at) }) {
			c.bad(&x.Read, "%s at %s, and run %s was not asked to end", why, at, x.ID)
		}
	}
}

// checkMeddling requires a reason for every termination and every cancellation request: a caller
// who asked for it, a parent that closed or gave the child up at that moment, or the previous run,
// which had not seen it.
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
func caused(r *past.Run, e wire.Event, child uint64, policy string) bool {
	if e.Type == "WorkflowTerminated" {
		return (policy == "" || policy == past.Terminate) && r.Ended().Equal(e.At)
	}
	if policy == past.Cancel && r.Ended().Equal(e.At) {
		return true
	}
	for i := range r.Children {
		if given, _ := gaveUp(&r.Children[i]); r.Children[i].ID == child && given != nil && given.At.Equal(e.At) {
			return true
		}
		if r.Children[i].ID == child && slices.ContainsFunc(r.Children[i].Asks, func(ask wire.Event) bool { return ask.At.Equal(e.At) }) {
			return true
		}
	}
	return false
}
