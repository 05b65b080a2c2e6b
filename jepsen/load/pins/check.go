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

// Check compares the answers, the histories of all runs and the deploy history with each other.
// Moments are compared in log time, which histories and deploy records share. Things that happened
// in one entry share a moment, so any order of them is accepted.
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

// mark returns the number of a version, or -1 if nobody packed it.
func (c *checker) mark(typ, version string) int { return slices.Index(c.versions[typ], version) }

// open counts the runs of a version that were open at a moment, and how many of them were paused:
// at least and at most.
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

// checkDeploys judges every unload in the deploy history by what was true at that moment. The
// workload catalog checks everything else about deploys.
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

// example returns a run that certainly was open.
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

// checkListed compares the listing of all runs with those that are known.
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

// describe formats a list of holders for people.
func describe(holders []wire.PinHolder) string {
	var names []string
	for _, h := range holders {
		names = append(names, h.Kind+" "+h.WorkflowID)
	}
	return strings.Join(names, ", ")
}
