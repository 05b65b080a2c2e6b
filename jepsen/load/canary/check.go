package canary

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// whole is the share of all starts, in hundredths of a percent, as the stream tells shares.
const whole = 10_000

// never is an index beyond all.
const never = math.MaxUint64

// checker knows what each type was routed to, and which canary it had, at each index.
type checker struct {
	types map[string]*history
	asked map[uint64][]*op.Op // changes of canaries that were carried out, by index
	looks []*op.Op
	found []load.Violation
}

// history is that of one type.
type history struct {
	states []state
	eras   []*era
	runs   []*run // in the order in which they started
	byID   map[string]*run
}

// state is what new starts get from the event at index from on, until the next one.
type state struct {
	from, until uint64
	routed      string
	era         *era // nil = there is no canary
	share       uint64
	abort       uint64
	promote     uint64
	known       bool // the thresholds
}

// era is a canary, from its beginning to its end: it has one salt.
type era struct {
	typ, version, routed string
	began, ended         uint64
	end                  string // the event
	counts               counts // as the end told them

	least, most map[string]uint64 // of a lot: its draw is not below the one, and below the other
}

type counts struct {
	Canary wire.CanaryRuns `json:"canary"`
	Routed wire.CanaryRuns `json:"routed"`
}

// run is a run, which started at an index within bounds and closed at one.
type run struct {
	wire.Run
	root          string // workflow id of the root of its tree: what is drawn for
	asked         bool   // by a caller
	first, latest uint64 // bounds of the index at which it started
	closed        uint64
	status        string
}

// Check finds out who got which version, and recounts what became of the runs.
func (w *Workload) Check(ops []op.Op) []load.Violation {
	c := &checker{types: map[string]*history{}, asked: map[uint64][]*op.Op{}}
	if !c.read(ops) {
		return c.found // nodes hold the level: deployments begin no canaries
	}
	for _, typ := range c.names() {
		h := c.types[typ]
		c.checkVersions(h)
		c.checkDraws(h)
		for _, e := range h.eras {
			c.checkEnd(h, e)
		}
		c.checkThresholds(h)
	}
	c.checkAnswers()
	for _, o := range c.looks {
		c.checkLook(o)
	}
	return c.found
}

func (c *checker) names() (names []string) {
	for typ := range c.types {
		names = append(names, typ)
	}
	slices.Sort(names)
	return names
}

func (c *checker) bad(format string, args ...any) {
	c.found = append(c.found, load.Violation{Checker: name, What: fmt.Sprintf(format, args...)})
}

func (c *checker) of(typ string) *history {
	if c.types[typ] == nil {
		c.types[typ] = &history{byID: map[string]*run{}, states: []state{{until: never}}}
	}
	return c.types[typ]
}

// read sorts what was recorded. It reports whether the cluster was at level 2.
func (c *checker) read(ops []op.Op) bool {
	level, seen := uint64(0), map[string]bool{}
	started := map[string]uint64{} // run id -> index
	var stream *op.Op
	for i := range ops {
		o := &ops[i]
		if o.Workload != name || o.Outcome != op.OK {
			continue
		}
		switch o.F {
		case "level-is":
			json.Unmarshal(o.Value, &level)
		case "stream":
			stream = o
		case "look":
			c.looks = append(c.looks, o)
		case "runs":
			var page []wire.Run
			if err := json.Unmarshal(o.Answer, &page); err != nil {
				c.bad("runs of %s cannot be read: %v", o.Key, err)
			}
			h := c.of(o.Key)
			for _, r := range page { // newest first
				h.runs = append(h.runs, &run{Run: r, status: r.Status})
			}
		case "start", "set", "deploy", "promote", "abort":
			if o.Request == "" || seen[o.Request] {
				continue
			}
			seen[o.Request] = true
			if o.F != "start" {
				c.asked[o.Index] = append(c.asked[o.Index], o)
				continue
			}
			var a wire.StartAnswer
			json.Unmarshal(o.Answer, &a)
			started[a.RunID] = o.Index
		}
	}
	if level < 2 || stream == nil {
		return false
	}
	closed := c.readStream(stream)
	for _, typ := range c.names() {
		c.place(c.types[typ], started, closed)
	}
	return true
}

// place finds out when each run started: one that a caller started at the index of the answer, one
// that another goes on as where that one closed, a child while its parent was open.
func (c *checker) place(h *history, started, closed map[string]uint64) {
	slices.Reverse(h.runs)
	last := map[string]*run{} // of a workflow id
	for _, r := range h.runs {
		h.byID[r.RunID] = r
		r.root, r.closed = r.WorkflowID, never
		if at, ok := closed[r.RunID]; ok {
			r.closed = at
		}
		before := last[r.WorkflowID]
		last[r.WorkflowID] = r
		at, asked := started[r.RunID]
		switch {
		case asked:
			r.asked, r.first, r.latest = true, at, at
		case before != nil && before.status == "continued_as_new":
			r.root, r.first, r.latest = before.root, before.closed, before.closed
		case r.Parent != nil:
			parent := h.byID[r.Parent.RunID]
			if parent == nil {
				c.bad("run %s of %s has a parent %s that is not listed", r.RunID, r.WorkflowID, r.Parent.RunID)
				continue
			}
			r.root, r.first, r.latest = parent.root, parent.first, min(parent.closed, r.closed)
		default:
			c.bad("nobody asked for run %s of %s", r.RunID, r.WorkflowID)
		}
	}
}

// readStream makes the states of each type from its events. It returns where runs closed.
func (c *checker) readStream(o *op.Op) map[string]uint64 {
	closed := map[string]uint64{}
	var all []load.Event
	if err := json.Unmarshal(o.Answer, &all); err != nil {
		c.bad("the stream cannot be read: %v", err)
	}
	for _, e := range all {
		var d struct {
			Type         string `json:"type"`
			WorkflowType string `json:"workflow_type"`
			Version      string `json:"version"`
			RunID        string `json:"run_id"`
			Share        uint64 `json:"share"`
			Counts       counts `json:"counts"`
		}
		if err := json.Unmarshal(e.Data, &d); err != nil {
			c.bad("the %s at index %d cannot be read: %v", e.Name, e.Index, err)
		}
		if e.Name == "WorkflowClosed" {
			if closed[d.RunID] != 0 {
				c.bad("run %s closed at index %d and again at %d", d.RunID, closed[d.RunID], e.Index)
			}
			closed[d.RunID] = e.Index
			continue
		}
		h := c.of(d.Type + d.WorkflowType)
		now := h.states[len(h.states)-1]
		next := state{from: e.Index, until: never, routed: now.routed, era: now.era, share: now.share, abort: now.abort, promote: now.promote, known: now.known}
		switch e.Name {
		case "RouteChanged":
			next.routed = d.Version
			if now.era != nil {
				c.bad("at index %d the route of %s moved, while its canary lasted", e.Index, d.WorkflowType)
			}
		case "CanaryStarted":
			if now.era != nil {
				c.bad("at index %d a canary of %s began, and there was one", e.Index, d.Type)
			}
			next.era = &era{typ: d.Type, version: d.Version, routed: now.routed, began: e.Index, ended: never, least: map[string]uint64{}, most: map[string]uint64{}}
			h.eras = append(h.eras, next.era)
			c.rule(&next, d.Type, d.Share)
		case "CanaryChanged":
			if now.era == nil || now.era.version != d.Version {
				c.bad("at index %d the canary %s of %s changed, which there was not", e.Index, d.Version, d.Type)
				continue
			}
			c.rule(&next, d.Type, d.Share)
		case "CanaryPromoted", "CanaryAborted":
			if now.era == nil || now.era.version != d.Version {
				c.bad("at index %d the canary %s of %s ended (%s), which there was not", e.Index, d.Version, d.Type, e.Name)
				continue
			}
			now.era.ended, now.era.end, now.era.counts = e.Index, e.Name, d.Counts
			next.era, next.share, next.abort, next.promote = nil, 0, 0, 0
		default:
			continue
		}
		h.states[len(h.states)-1].until = e.Index
		h.states = append(h.states, next)
	}
	return closed
}

// rule sets share and thresholds of a canary: the stream tells the share, and the answer to whoever
// asked for it the rest.
func (c *checker) rule(s *state, typ string, share uint64) {
	s.share, s.known = share, false
	n := 0
	for _, o := range c.asked[s.from] {
		for _, a := range made(o) {
			if a.WorkflowType == typ {
				n++
				s.abort, s.promote = a.AbortFailures, a.PromoteAfter
			}
		}
	}
	if n == 0 {
		c.bad("at index %d the canary of %s began or changed, and nobody's request was carried out then", s.from, typ)
	}
	s.known = n == 1 // else nobody knows in which order
}

// made are the canaries that a request began or changed.
func made(o *op.Op) (all []wire.Canary) {
	switch o.F {
	case "set":
		all = make([]wire.Canary, 1)
		json.Unmarshal(o.Answer, &all[0])
	case "deploy":
		json.Unmarshal(o.Answer, &all)
	}
	return all
}

// during returns the states in force at some time from the entry first to the entry latest. In the
// entry of an event both were.
func (h *history) during(first, latest uint64) (states []state) {
	for _, s := range h.states {
		if s.from <= latest && s.until >= first {
			states = append(states, s)
		}
	}
	return states
}
