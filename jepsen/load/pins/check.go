package pins

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/past"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// checker holds what the checker of pins knows.
type checker struct {
	ops      []op.Op
	versions map[string][]string // by type
	log      map[string][]wire.Deploy
	eras     map[string][]past.Era
	runs     map[string]*past.Run // by run id
	listed   map[string]int       // how often the listing has a run id
	spanned  []openSpan           // see spans
	found    []load.Violation
}

// Check holds the answers, the histories of all runs and the deploy history against each other. Moments are compared in log time, which histories and deploy
// records share; what happened in one entry shares a moment, and is given the benefit of any order.
func (w *Workload) Check(ops []op.Op) []load.Violation {
	c := &checker{ops: ops, versions: map[string][]string{}, log: map[string][]wire.Deploy{}, eras: map[string][]past.Era{}, runs: map[string]*past.Run{}, listed: map[string]int{}}
	c.read()
	c.checkDeploys()
	c.checkRuns()
	c.checkStarts()
	c.checkUnloads()
	c.checkListed()
	c.checkStale()
	c.checkOverlap()
	return c.found
}

func (c *checker) bad(o *op.Op, format string, args ...any) {
	v := load.Violation{Checker: "pins", What: fmt.Sprintf(format, args...)}
	if o != nil {
		v.Ops = []int{o.ID}
	}
	c.found = append(c.found, v)
}

// read sorts the history.
func (c *checker) read() {
	unrouted := map[string]bool{}
	var newest []wire.Deploy
	for i := range c.ops {
		o := &c.ops[i]
		var ask arguments
		switch {
		case o.Workload != "pins":
		case o.F == "versions-are":
			var list []string
			json.Unmarshal(o.Value, &list)
			c.versions[o.Key] = list
		case o.F == "load" && json.Unmarshal(o.Value, &ask) == nil && ask.NoRoute:
			unrouted[o.Request] = true
		case o.F == "deploys":
			var page wire.Deploys
			json.Unmarshal(o.Answer, &page)
			newest = append(newest, page.Deploys...)
		case o.F == "runs":
			var page []wire.Run
			json.Unmarshal(o.Answer, &page)
			for _, r := range page {
				c.listed[r.RunID]++
			}
		case o.F == "history" && o.Outcome == op.OK:
			r, wrong := past.Parse(*o)
			for _, what := range wrong {
				c.bad(o, "%s", what)
			}
			if r != nil {
				c.runs[r.ID] = r
			}
		}
	}
	slices.Reverse(newest)
	for _, d := range newest {
		c.log[d.WorkflowType] = append(c.log[d.WorkflowType], d)
	}
	for typ, log := range c.log {
		c.eras[typ] = past.Eras(log, unrouted)
	}
}

// mark is the number of a version, -1 for one that nobody packed.
func (c *checker) mark(typ, version string) int { return slices.Index(c.versions[typ], version) }

// open counts the runs of a version that were open at a moment, and those of them that were paused: at least and at most.
func (c *checker) open(version string, at time.Time) (least, most, leastPaused, mostPaused int) {
	for _, r := range c.runs {
		if r.Version != version || !r.May(at) {
			continue
		}
		most++
		if r.Must(at) {
			least++
		}
		may, must := r.PausedAt(at)
		if may {
			mostPaused++
		}
		if must && r.Must(at) {
			leastPaused++
		}
	}
	return least, most, leastPaused, mostPaused
}

// checkDeploys judges every unload in the deploy history by what was true when it came. What else the catalog does is for the workload of that name.
func (c *checker) checkDeploys() {
	for _, typ := range slices.Sorted(maps.Keys(c.log)) {
		for i, d := range c.log[typ] {
			before := c.eras[typ][i]
			if i > 0 && (d.At.Before(before.At) || d.Index < before.Index) {
				c.bad(nil, "%s: the deploy history goes back, from %s at index %d to %s at %d", typ, before.At, before.Index, d.At, d.Index)
			}
			if d.Operation != "unload" {
				continue
			}
			least, most, _, _ := c.open(d.Version, d.At)
			ok := true
			switch d.Outcome {
			case "ok":
				ok = before.Loaded[d.Version] && before.Routed != d.Version && least == 0
			case "version_pinned":
				ok = before.Loaded[d.Version] && before.Routed != d.Version && most > 0
			case "route_active":
				ok = before.Loaded[d.Version] && before.Routed == d.Version
			case "unknown_version":
				ok = !before.Loaded[d.Version]
			}
			if !ok {
				c.bad(nil, "%s: the unload of v%d at index %d (request %s) ended %s; it was loaded: %v, routed: %v, open runs: %d to %d%s", typ, c.mark(typ, d.Version), d.Index, d.RequestID, d.Outcome,
					before.Loaded[d.Version], before.Routed == d.Version, least, most, c.example(d.Version, d.At))
			}
		}
	}
}

// example names a run that certainly was open.
func (c *checker) example(version string, at time.Time) string {
	for _, id := range slices.Sorted(maps.Keys(c.runs)) {
		if r := c.runs[id]; r.Version == version && r.Must(at) {
			until := "now"
			if r.End != nil {
				until = r.End.At.Format(time.StampNano)
			}
			return fmt.Sprintf(", such as %s %s from %s until %s", r.Workflow, id, r.At.Format(time.StampNano), until)
		}
	}
	return ""
}

// checkRuns judges each run by itself: its version was loaded when it started, was the one that it had to be, is the one whose code ran, and it came to its end.
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
		case child.Choice == 1 && r.Version != parent.Version:
			c.bad(&r.Read, "%s is not on its parent's version", name)
		case child.Choice == 2 && !routed[r.Version]:
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

// checkStarts holds every answer to a start against the run and against the catalog at the index that the answer names.
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

// checkListed holds the listing of all runs against those that are known.
func (c *checker) checkListed() {
	for _, id := range slices.Sorted(maps.Keys(c.listed)) {
		if n := c.listed[id]; n != 1 || c.runs[id] == nil {
			c.bad(nil, "run %s is listed %d times; its history is known: %v", id, n, c.runs[id] != nil)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.runs)) {
		if r := c.runs[id]; c.listed[id] == 0 {
			c.bad(&r.Read, "%s %s has a history and is not listed", r.Workflow, id)
		}
	}
}

// describe is a list of holders for people.
func describe(holders []wire.PinHolder) string {
	var names []string
	for _, h := range holders {
		names = append(names, h.Kind+" "+h.WorkflowID)
	}
	return strings.Join(names, ", ")
}
