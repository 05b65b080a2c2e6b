package moves

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

type checker struct {
	marks map[string]int // version -> its number
	paths map[string]*path
	found []load.Violation
}

// path is which version a run was on, by the number of its events.
type path struct {
	began int      // number of the version that it started on
	moves []change // in order
}

type change struct {
	seq uint64
	to  int
}

// Check reads from each history which version its run was on. Every run that began ends, with the
// result of its last version; it asks for what that version asks for, from the beginning on; what
// moves said of it is so. Where nothing changes, each node has as many pins as open runs. A gate
// opened only when every open run had asked for what the version asks for.
func (w *Workload) Check(ops []op.Op) []load.Violation {
	c := &checker{marks: map[string]int{}, paths: map[string]*path{}}
	all, err := runs.EndingsOf(ops, "move")
	if err != nil {
		c.bad("%v", err)
		return c.found
	}
	for i := range ops {
		if o := &ops[i]; o.Workload == "move" && o.F == "versions-are" {
			var versions []string
			json.Unmarshal(o.Value, &versions)
			for n, v := range versions {
				c.marks[v] = n
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(all.Began)) {
		c.run(id, all)
	}
	c.checkGates(ops, all)
	for i := range ops {
		switch o := &ops[i]; {
		case o.Workload != "move" || o.Outcome != op.OK:
		case o.F == "move":
			c.told(o)
		case o.F == "stand":
			c.stands(o)
		case o.F == "describe":
			var d wire.Described
			if json.Unmarshal(o.Answer, &d) == nil && d.Quarantined {
				c.bad("run %s is quarantined: %s", o.Key, d.PauseReason)
			}
		}
	}
	slices.SortFunc(c.found, func(a, b load.Violation) int { return cmp.Compare(a.What, b.What) })
	return c.found
}

func (c *checker) bad(format string, args ...any) {
	c.found = append(c.found, load.Violation{Checker: "move", What: fmt.Sprintf(format, args...)})
}

// at is the version of a run after its first n events.
func (p *path) at(n uint64) int {
	v := p.began
	for _, m := range p.moves {
		if m.seq <= n {
			v = m.to
		}
	}
	return v
}

func (c *checker) run(id string, all *runs.Endings) {
	h, there := all.Histories[id]
	if !there || len(h.Events) == 0 {
		c.bad("run %s began, and is lost: there is no history of its end", id)
		return
	}
	events, problem := runs.EventsOf(h)
	if problem != "" {
		c.bad("run %s: %s", id, problem)
		return
	}
	p, ended, asked := &path{began: -1}, false, []string(nil)
	for _, e := range events {
		var d struct {
			Version  string `json:"version"`
			From     string `json:"from"`
			To       string `json:"to"`
			Duration string `json:"duration"`
			Result   string `json:"result"`
		}
		if err := json.Unmarshal(e.Data, &d); len(e.Data) > 0 && err != nil {
			c.bad("run %s: event %d cannot be read: %v", id, e.Seq, err)
		}
		switch now := p.at(e.Seq); e.Type {
		case "WorkflowStarted":
			p.began = c.mark(id, d.Version)
		case "TimerStarted":
			if n := len(asked); n >= len(waits[now]) || waits[now][n] != d.Duration {
				c.bad("run %s, event %d: version %d does not ask for a timer of %s after %q", id, e.Seq, now, d.Duration, asked)
			}
			asked = append(asked, d.Duration)
		case "WorkflowMoved":
			if from := c.mark(id, d.From); from != now {
				c.bad("run %s, event %d: it is moved from version %d, but it was on %d", id, e.Seq, from, now)
			}
			to := c.mark(id, d.To)
			if len(asked) > len(waits[to]) || !slices.Equal(asked, waits[to][:len(asked)]) {
				c.bad("run %s, event %d: it has asked for timers %q and is moved to version %d, which asks for %q", id, e.Seq, asked, to, waits[to])
			}
			p.moves = append(p.moves, change{e.Seq, to})
		case "WorkflowCompleted":
			if ended = true; d.Result != fmt.Sprint("v", now) {
				c.bad("run %s ended with %q on version %d", id, d.Result, now)
			}
		}
	}
	if c.paths[id] = p; !ended {
		c.bad("run %s began, and did not complete: its newest event is %s", id, events[len(events)-1].Type)
	}
}

func (c *checker) mark(id, version string) int {
	n, known := c.marks[version]
	if !known {
		c.bad("run %s is on version %s, which is none of its type", id, version)
	}
	return n
}

// told compares what a move said that it moved with the histories.
func (c *checker) told(o *op.Op) {
	var ask arguments
	var a wire.Move
	if json.Unmarshal(o.Value, &ask) != nil || json.Unmarshal(o.Answer, &a) != nil {
		c.bad("operation %d cannot be read", o.ID)
		return
	}
	for _, r := range a.Results {
		p := c.paths[r.WorkflowID]
		if r.Verdict != "moved" || p == nil {
			continue
		}
		if !slices.ContainsFunc(p.moves, func(m change) bool { return m.to == ask.To }) {
			c.bad("operation %d says that run %s was moved to version %d, its history says nothing of it", o.ID, r.WorkflowID, ask.To)
		}
	}
}

// stands compares a node's pins with the open runs that it lists, and these with the histories.
func (c *checker) stands(o *op.Op) {
	var s standing
	if err := json.Unmarshal(o.Answer, &s); err != nil || len(o.Answer) == 0 {
		return // something changed in between, and it was read again
	}
	for _, v := range slices.Sorted(maps.Keys(c.marks)) {
		if s.Pins[v] != s.Open[v] {
			c.bad("on %s %d pins hold version %d, on which %d runs are open", o.Node, s.Pins[v], c.marks[v], s.Open[v])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.Runs)) {
		var version, status string
		var events uint64
		if _, err := fmt.Sscan(s.Runs[id], &version, &status, &events); err != nil {
			c.bad("run %s on %s cannot be read: %v", id, o.Node, err)
		}
		if p := c.paths[id]; p != nil && p.at(events) != c.mark(id, version) {
			c.bad("%s says that run %s with %d events is on version %d, its history says %d", o.Node, id, events, c.marks[version], p.at(events))
		}
	}
}
