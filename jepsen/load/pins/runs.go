package pins

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

// checkRuns judges each run by itself: its version was loaded when it started, was the right one,
// was the one whose code ran, and the run ended.
func (c *checker) checkRuns() {
	for _, id := range slices.Sorted(maps.Keys(c.runs)) {
		r := c.runs[id]
		name := fmt.Sprintf("%s (run %s)", r.Workflow, id)
		loaded, routed := false, map[string]bool{}
		for _, e := range past.During(c.eras[r.Type], r.At) {
			loaded, routed[e.Routed] = loaded || e.Loaded[r.Version], true
		}
		if !loaded {
			c.bad(&r.Read, "%s started at %s on v%d of %s, which was not loaded then", name, r.At, c.mark(r.Type, r.Version), r.Type)
		}
		switch {
		case r.Continued != "":
			from := c.runs[r.Continued]
			if from == nil || from.End == nil || from.End.Type != "WorkflowContinuedAsNew" || !from.End.At.Equal(r.At) {
				c.bad(&r.Read, "%s says that it goes on from run %s, which does not say so", name, r.Continued)
			}
			if !routed[r.Version] {
				c.bad(&r.Read, "%s went on at %s on v%d of %s, which was not routed then", name, r.At, c.mark(r.Type, r.Version), r.Type)
			}
		case r.Parent != nil:
			c.checkChild(r, name, routed)
		}
		c.checkEnd(r, name)
	}
}

func (c *checker) checkChild(r *past.Run, name string, routed map[string]bool) {
	parent := c.runs[r.Parent.RunID]
	if parent == nil {
		c.bad(&r.Read, "%s names a parent %s %s whose history nobody found", name, r.Parent.WorkflowID, r.Parent.RunID)
		return
	}
	for _, child := range parent.Children {
		if child.RunID != r.ID {
			continue
		}
		switch {
		case child.Version != r.Version || !child.At.Equal(r.At):
			c.bad(&r.Read, "%s started on %s at %s, its parent says on %s at %s", name, r.Version, r.At, child.Version, child.At)
		case child.Choice == past.OfParent && r.Version != parent.Version:
			c.bad(&r.Read, "%s is not on its parent's version", name)
		case child.Choice == past.Routed && !routed[r.Version]:
			c.bad(&r.Read, "%s started at %s on v%d of %s, which was not routed then", name, r.At, c.mark(r.Type, r.Version), r.Type)
		}
		return
	}
	c.bad(&r.Read, "%s is not in the history of its parent %s", name, r.Parent.RunID)
}

func (c *checker) checkEnd(r *past.Run, name string) {
	switch {
	case r.End == nil:
		c.bad(&r.Read, "%s is still open, though nothing holds it up", name)
	case r.End.Type == "WorkflowContinuedAsNew":
		var d struct {
			RunID string `json:"new_run_id"`
		}
		json.Unmarshal(r.End.Data, &d)
		if next := c.runs[d.RunID]; next == nil || next.Continued != r.ID {
			c.bad(&r.Read, "%s continued as run %s, which does not exist or does not say so", name, d.RunID)
		}
	case r.End.Type != "WorkflowCompleted":
		c.bad(&r.Read, "%s ended with %s %s", name, r.End.Type, r.End.Data)
	default:
		var d struct {
			Result struct {
				Mark    int    `json:"mark"`
				Version string `json:"version"`
			} `json:"result"`
		}
		if json.Unmarshal(r.End.Data, &d); d.Result.Mark != c.mark(r.Type, r.Version) || d.Result.Version != r.Version {
			c.bad(&r.Read, "%s started on v%d, and v%d finished it, which took itself for %s", name, c.mark(r.Type, r.Version), d.Result.Mark, d.Result.Version)
		}
	}
}

// checkStarts compares every answer to a start with the run, and with the catalog at the answer's
// index.
func (c *checker) checkStarts() {
	floor := load.NewFloor(slices.DeleteFunc(slices.Clone(c.ops), func(o op.Op) bool {
		return o.Workload != "pins" || o.F == "history" || o.F == "runs" || o.F == "deploys"
	}))
	roots := map[string]bool{}
	for i := range c.ops {
		o := &c.ops[i]
		var ask arguments
		if o.Workload != "pins" || o.F != "start" || json.Unmarshal(o.Value, &ask) != nil {
			continue
		}
		want := ""
		if ask.Version >= 0 {
			want = c.versions[ask.Type][ask.Version]
		}
		then := past.AtIndex(c.eras[ask.Type], o.Index)
		switch {
		case o.Outcome == op.Refused && o.Code == "unknown_version" && want != "":
			if !slices.ContainsFunc(then, func(e past.Era) bool { return !e.Loaded[want] }) {
				c.bad(o, "the start of %s on v%d was refused at index %d as unknown_version, though it was loaded", o.Key, ask.Version, o.Index)
			}
		case o.Outcome == op.Refused:
			c.bad(o, "the start of %s was refused: %s", o.Key, o.Error)
		case o.Outcome == op.OK:
			var a wire.StartAnswer
			json.Unmarshal(o.Answer, &a)
			roots[a.RunID] = true
			if !o.Replayed && o.Index < floor.Before(o.Invoke) {
				c.bad(o, "the start of %s answered with index %d, though index %d had been acknowledged before", o.Key, o.Index, floor.Before(o.Invoke))
			}
			if !slices.ContainsFunc(then, func(e past.Era) bool {
				return e.Loaded[a.Version] && (want == "" && e.Routed == a.Version || want == a.Version)
			}) {
				c.bad(o, "%s started at index %d on v%d of %s, which was not loaded, or not the one to start on, then", o.Key, o.Index, c.mark(ask.Type, a.Version), ask.Type)
			}
			if r := c.runs[a.RunID]; r == nil || r.Workflow != o.Key || r.Version != a.Version || r.Type != ask.Type {
				c.bad(o, "%s was acknowledged as run %s on v%d, and that is not what its history says", o.Key, a.RunID, c.mark(ask.Type, a.Version))
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.runs)) {
		if r := c.runs[id]; r.Parent == nil && r.Continued == "" && !roots[id] {
			c.bad(&r.Read, "%s exists as run %s, which was never the answer to a start", r.Workflow, id)
		}
	}
}
