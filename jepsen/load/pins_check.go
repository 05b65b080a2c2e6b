package load

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// pinsCheck holds what the checker of pins knows.
type pinsCheck struct {
	ops      []op.Op
	versions map[string][]string // by type
	log      map[string][]wire.Deploy
	eras     map[string][]era
	runs     map[string]*pastRun // by run id
	listed   map[string]int      // how often the listing has a run id
	spanned  []openSpan          // see spans
	found    []Violation
}

// Check holds the answers, the histories of all runs and the deploy history against each other. Moments are compared in log time, which histories and deploy
// records share; what happened in one entry shares a moment, and is given the benefit of any order.
func (w *pins) Check(ops []op.Op) []Violation {
	c := &pinsCheck{ops: ops, versions: map[string][]string{}, log: map[string][]wire.Deploy{}, eras: map[string][]era{}, runs: map[string]*pastRun{}, listed: map[string]int{}}
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

func (c *pinsCheck) bad(o *op.Op, format string, args ...any) {
	v := Violation{Checker: "pins", What: fmt.Sprintf(format, args...)}
	if o != nil {
		v.Ops = []int{o.ID}
	}
	c.found = append(c.found, v)
}

// read sorts the history.
func (c *pinsCheck) read() {
	unrouted := map[string]bool{}
	var newest []wire.Deploy
	for i := range c.ops {
		o := &c.ops[i]
		var ask pinsAsk
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
			r, wrong := parsePast(*o)
			for _, what := range wrong {
				c.bad(o, "%s", what)
			}
			if r != nil {
				c.runs[r.id] = r
			}
		}
	}
	slices.Reverse(newest)
	for _, d := range newest {
		c.log[d.WorkflowType] = append(c.log[d.WorkflowType], d)
	}
	for typ, log := range c.log {
		c.eras[typ] = eras(log, unrouted)
	}
}

// mark is the number of a version, -1 for one that nobody packed.
func (c *pinsCheck) mark(typ, version string) int { return slices.Index(c.versions[typ], version) }

// open counts the runs of a version that were open at a moment, and those of them that were paused: at least and at most.
func (c *pinsCheck) open(version string, at time.Time) (least, most, leastPaused, mostPaused int) {
	for _, r := range c.runs {
		if r.version != version || !r.may(at) {
			continue
		}
		most++
		if r.must(at) {
			least++
		}
		may, must := r.pausedAt(at)
		if may {
			mostPaused++
		}
		if must && r.must(at) {
			leastPaused++
		}
	}
	return least, most, leastPaused, mostPaused
}

// checkDeploys judges every unload in the deploy history by what was true when it came. What else the catalog does is for the workload of that name.
func (c *pinsCheck) checkDeploys() {
	for _, typ := range slices.Sorted(maps.Keys(c.log)) {
		for i, d := range c.log[typ] {
			before := c.eras[typ][i]
			if i > 0 && (d.At.Before(before.at) || d.Index < before.index) {
				c.bad(nil, "%s: the deploy history goes back, from %s at index %d to %s at %d", typ, before.at, before.index, d.At, d.Index)
			}
			if d.Operation != "unload" {
				continue
			}
			least, most, _, _ := c.open(d.Version, d.At)
			ok := true
			switch d.Outcome {
			case "ok":
				ok = before.loaded[d.Version] && before.routed != d.Version && least == 0
			case "version_pinned":
				ok = before.loaded[d.Version] && before.routed != d.Version && most > 0
			case "route_active":
				ok = before.loaded[d.Version] && before.routed == d.Version
			case "unknown_version":
				ok = !before.loaded[d.Version]
			}
			if !ok {
				c.bad(nil, "%s: the unload of v%d at index %d (request %s) ended %s; it was loaded: %v, routed: %v, open runs: %d to %d%s", typ, c.mark(typ, d.Version), d.Index, d.RequestID, d.Outcome,
					before.loaded[d.Version], before.routed == d.Version, least, most, c.example(d.Version, d.At))
			}
		}
	}
}

// example names a run that certainly was open.
func (c *pinsCheck) example(version string, at time.Time) string {
	for _, id := range slices.Sorted(maps.Keys(c.runs)) {
		if r := c.runs[id]; r.version == version && r.must(at) {
			until := "now"
			if r.end != nil {
				until = r.end.At.Format(time.StampNano)
			}
			return fmt.Sprintf(", such as %s %s from %s until %s", r.workflow, id, r.at.Format(time.StampNano), until)
		}
	}
	return ""
}

// checkRuns judges each run by itself: its version was loaded when it started, was the one that it had to be, is the one whose code ran, and it came to its end.
func (c *pinsCheck) checkRuns() {
	for _, id := range slices.Sorted(maps.Keys(c.runs)) {
		r := c.runs[id]
		name := fmt.Sprintf("%s (run %s)", r.workflow, id)
		loaded, routed := false, map[string]bool{}
		for _, e := range during(c.eras[r.typ], r.at) {
			loaded, routed[e.routed] = loaded || e.loaded[r.version], true
		}
		if !loaded {
			c.bad(&r.read, "%s started at %s on v%d of %s, which was not loaded then", name, r.at, c.mark(r.typ, r.version), r.typ)
		}
		switch {
		case r.continued != "":
			from := c.runs[r.continued]
			if from == nil || from.end == nil || from.end.Type != "WorkflowContinuedAsNew" || !from.end.At.Equal(r.at) {
				c.bad(&r.read, "%s says that it goes on from run %s, which does not say so", name, r.continued)
			}
			if !routed[r.version] {
				c.bad(&r.read, "%s went on at %s on v%d of %s, which was not routed then", name, r.at, c.mark(r.typ, r.version), r.typ)
			}
		case r.parent != nil:
			c.checkChild(r, name, routed)
		}
		c.checkEnd(r, name)
	}
}

func (c *pinsCheck) checkChild(r *pastRun, name string, routed map[string]bool) {
	parent := c.runs[r.parent.RunID]
	if parent == nil {
		c.bad(&r.read, "%s names a parent %s %s whose history nobody found", name, r.parent.WorkflowID, r.parent.RunID)
		return
	}
	for _, child := range parent.children {
		if child.RunID != r.id {
			continue
		}
		switch {
		case child.Version != r.version || !child.at.Equal(r.at):
			c.bad(&r.read, "%s started on %s at %s, its parent says on %s at %s", name, r.version, r.at, child.Version, child.at)
		case child.Choice == 1 && r.version != parent.version:
			c.bad(&r.read, "%s is not on its parent's version", name)
		case child.Choice == 2 && !routed[r.version]:
			c.bad(&r.read, "%s started at %s on v%d of %s, which was not routed then", name, r.at, c.mark(r.typ, r.version), r.typ)
		}
		return
	}
	c.bad(&r.read, "%s is not in the history of its parent %s", name, r.parent.RunID)
}

func (c *pinsCheck) checkEnd(r *pastRun, name string) {
	switch {
	case r.end == nil:
		c.bad(&r.read, "%s is still open, though nothing holds it up", name)
	case r.end.Type == "WorkflowContinuedAsNew":
		var d struct {
			RunID string `json:"new_run_id"`
		}
		json.Unmarshal(r.end.Data, &d)
		if next := c.runs[d.RunID]; next == nil || next.continued != r.id {
			c.bad(&r.read, "%s continued as run %s, which does not exist or does not say so", name, d.RunID)
		}
	case r.end.Type != "WorkflowCompleted":
		c.bad(&r.read, "%s ended with %s %s", name, r.end.Type, r.end.Data)
	default:
		var d struct {
			Result struct {
				Mark    int    `json:"mark"`
				Version string `json:"version"`
			} `json:"result"`
		}
		if json.Unmarshal(r.end.Data, &d); d.Result.Mark != c.mark(r.typ, r.version) || d.Result.Version != r.version {
			c.bad(&r.read, "%s started on v%d, and v%d finished it, which took itself for %s", name, c.mark(r.typ, r.version), d.Result.Mark, d.Result.Version)
		}
	}
}

// checkStarts holds every answer to a start against the run and against the catalog at the index that the answer names.
func (c *pinsCheck) checkStarts() {
	floor := newFloor(slices.DeleteFunc(slices.Clone(c.ops), func(o op.Op) bool {
		return o.Workload != "pins" || o.F == "history" || o.F == "runs" || o.F == "deploys"
	}))
	roots := map[string]bool{}
	for i := range c.ops {
		o := &c.ops[i]
		var ask pinsAsk
		if o.Workload != "pins" || o.F != "start" || json.Unmarshal(o.Value, &ask) != nil {
			continue
		}
		want := ""
		if ask.Version >= 0 {
			want = c.versions[ask.Type][ask.Version]
		}
		then := atIndex(c.eras[ask.Type], o.Index)
		switch {
		case o.Outcome == op.Refused && o.Code == "unknown_version" && want != "":
			if !slices.ContainsFunc(then, func(e era) bool { return !e.loaded[want] }) {
				c.bad(o, "the start of %s on v%d was refused at index %d as unknown_version, though it was loaded", o.Key, ask.Version, o.Index)
			}
		case o.Outcome == op.Refused:
			c.bad(o, "the start of %s was refused: %s", o.Key, o.Error)
		case o.Outcome == op.OK:
			var a wire.StartAnswer
			json.Unmarshal(o.Answer, &a)
			roots[a.RunID] = true
			if !o.Replayed && o.Index < floor.before(o.Invoke) {
				c.bad(o, "the start of %s answered with index %d, though index %d had been acknowledged before", o.Key, o.Index, floor.before(o.Invoke))
			}
			if !slices.ContainsFunc(then, func(e era) bool {
				return e.loaded[a.Version] && (want == "" && e.routed == a.Version || want == a.Version)
			}) {
				c.bad(o, "%s started at index %d on v%d of %s, which was not loaded, or not the one to start on, then", o.Key, o.Index, c.mark(ask.Type, a.Version), ask.Type)
			}
			if r := c.runs[a.RunID]; r == nil || r.workflow != o.Key || r.version != a.Version || r.typ != ask.Type {
				c.bad(o, "%s was acknowledged as run %s on v%d, and that is not what its history says", o.Key, a.RunID, c.mark(ask.Type, a.Version))
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.runs)) {
		if r := c.runs[id]; r.parent == nil && r.continued == "" && !roots[id] {
			c.bad(&r.read, "%s exists as run %s, which was never the answer to a start", r.workflow, id)
		}
	}
}

// checkListed holds the listing of all runs against those that are known.
func (c *pinsCheck) checkListed() {
	for _, id := range slices.Sorted(maps.Keys(c.listed)) {
		if n := c.listed[id]; n != 1 || c.runs[id] == nil {
			c.bad(nil, "run %s is listed %d times; its history is known: %v", id, n, c.runs[id] != nil)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.runs)) {
		if r := c.runs[id]; c.listed[id] == 0 {
			c.bad(&r.read, "%s %s has a history and is not listed", r.workflow, id)
		}
	}
}

// describePins is a list of holders for people.
func describePins(holders []wire.PinHolder) string {
	var names []string
	for _, h := range holders {
		names = append(names, h.Kind+" "+h.WorkflowID)
	}
	return strings.Join(names, ", ")
}
