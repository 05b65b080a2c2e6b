package canary

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// checkVersions holds the version of each run against what a start could get then.
func (c *checker) checkVersions(h *history) {
	for _, r := range h.runs {
		if r.latest == 0 {
			continue // it was told already that nobody asked for it
		}
		fits := slices.ContainsFunc(h.during(r.first, r.latest), func(s state) bool {
			return r.Version == s.routed && (s.era == nil || s.share < whole) || s.era != nil && r.Version == s.era.version && s.share > 0
		})
		if !fits {
			c.bad("run %s of %s started at index %d to %d on %s, to which no start went then", r.RunID, r.WorkflowID, r.first, r.latest, short(r.Version))
		}
	}
}

// checkDraws holds that all that belongs to one root has one lot while a canary lasts, and that the
// canary got its share of lots, as coins with that chance would give.
func (c *checker) checkDraws(h *history) {
	drawn := map[*era]map[string]bool{}
	taken, expected, variance, lots := 0, 0.0, 0.0, 0
	for _, r := range h.runs {
		states := h.during(r.first, r.latest)
		if r.latest == 0 || len(states) == 0 || states[0].era == nil || slices.ContainsFunc(states, func(s state) bool { return s.era != states[0].era }) {
			continue
		}
		e, least, most := states[0].era, states[0].share, states[0].share
		for _, s := range states {
			least, most = min(least, s.share), max(most, s.share)
		}
		if drawn[e] == nil {
			drawn[e] = map[string]bool{}
		}
		if len(states) == 1 && r.asked && !drawn[e][r.root] {
			p := float64(least) / whole
			lots, expected, variance = lots+1, expected+p, variance+p*(1-p)
			if r.Version == e.version {
				taken++
			}
		}
		drawn[e][r.root] = true
		if _, ok := e.most[r.root]; !ok {
			e.least[r.root], e.most[r.root] = 0, whole
		}
		if r.Version == e.version {
			e.most[r.root] = min(e.most[r.root], most)
		} else {
			e.least[r.root] = max(e.least[r.root], least)
		}
		if e.least[r.root] >= e.most[r.root] {
			c.bad("runs of the tree of %s went both ways while the canary of %s that began at index %d lasted; run %s of %s on %s is the one that does not fit", r.root, e.typ, e.began, r.RunID, r.WorkflowID, short(r.Version))
		}
	}
	if off := math.Abs(float64(taken) - expected); off > 5*math.Sqrt(variance)+1 {
		c.bad("canaries took %d of %d ids, %.1f are their shares", taken, lots, expected)
	}
}

// recount counts the runs of one version that started while a canary lasted, up to an index: at
// least so many, and at most. What the entry of the index did counts among the least only if it is
// all in.
func (h *history) recount(e *era, version string, until uint64, all bool) (least, most wire.CanaryRuns) {
	in := func(index uint64) bool { return index < until || all && index == until }
	for _, r := range h.runs {
		if r.Version != version || r.latest < e.began || r.first > until {
			continue
		}
		surely := r.first > e.began && in(r.latest)
		add := func(of func(*wire.CanaryRuns) *uint64, surely bool) {
			*of(&most)++
			if surely {
				*of(&least)++
			}
		}
		add(func(n *wire.CanaryRuns) *uint64 { return &n.Started }, surely)
		if r.closed > until {
			continue
		}
		switch r.status {
		case "completed", "continued_as_new":
			add(func(n *wire.CanaryRuns) *uint64 { return &n.Completed }, surely && in(r.closed))
		case "failed":
			add(func(n *wire.CanaryRuns) *uint64 { return &n.Failed }, surely && in(r.closed))
		}
	}
	return least, most
}

// checkCounts compares counts that somebody told with a recount.
func (c *checker) checkCounts(h *history, e *era, told counts, until uint64, all bool, who string) {
	for _, side := range []struct {
		name, version string
		got           wire.CanaryRuns
	}{{"canary", e.version, told.Canary}, {"routed version", e.routed, told.Routed}} {
		least, most := h.recount(e, side.version, until, all)
		for i, got := range []uint64{side.got.Started, side.got.Completed, side.got.Failed} {
			from, to := []uint64{least.Started, least.Completed, least.Failed}[i], []uint64{most.Started, most.Completed, most.Failed}[i]
			if got < from || got > to {
				c.bad("%s says of the %s of %s that %d runs %s; counted are %d to %d", who, side.name, e.typ, got, []string{"started", "completed", "failed"}[i], from, to)
			}
		}
	}
}

// checkEnd holds the end of a canary against what was asked for and counted.
func (c *checker) checkEnd(h *history, e *era) {
	if e.ended == never {
		return
	}
	who := fmt.Sprintf("the %s at index %d", e.end, e.ended)
	c.checkCounts(h, e, e.counts, e.ended, false, who)
	var rule state
	for _, s := range h.states {
		if s.era == e {
			rule = s // the last one
		}
	}
	hand := map[string]string{"CanaryPromoted": "promote", "CanaryAborted": "abort"}[e.end]
	if slices.ContainsFunc(c.asked[e.ended], func(o *op.Op) bool { return o.F == hand && o.Key == e.typ }) || !rule.known || rule.from == e.ended {
		return
	}
	before, _ := h.recount(e, e.version, e.ended, false)
	failed := rule.abort > 0 && e.counts.Canary.Failed >= rule.abort
	switch e.end {
	case "CanaryAborted":
		if !failed || before.Failed >= rule.abort {
			c.bad("%s of %s came of itself, with %d failures told and %d before; %d were to abort it", who, e.typ, e.counts.Canary.Failed, before.Failed, rule.abort)
		}
	case "CanaryPromoted":
		if rule.promote == 0 || e.counts.Canary.Completed < rule.promote || before.Completed >= rule.promote || failed {
			c.bad("%s of %s came of itself, with %d completed told and %d before, %d failed; %d were to promote it", who, e.typ, e.counts.Canary.Completed, before.Completed, e.counts.Canary.Failed, rule.promote)
		}
	}
}

// checkThresholds holds that no canary goes on behind a threshold.
func (c *checker) checkThresholds(h *history) {
	for _, s := range h.states {
		if s.era == nil || !s.known || s.until == s.from { // a rule that is reached already ends it at once
			continue
		}
		surely, _ := h.recount(s.era, s.era.version, s.until, false)
		if s.abort > 0 && surely.Failed >= s.abort || s.promote > 0 && surely.Completed >= s.promote {
			c.bad("the canary of %s that began at index %d went on with %d failures and %d completed; %d were to abort it, %d to promote it", s.era.typ, s.era.began, surely.Failed, surely.Completed, s.abort, s.promote)
		}
	}
}

// checkAnswers holds that what was acknowledged is in the stream, and that what had to be refused
// was.
func (c *checker) checkAnswers() {
	for index, asked := range c.asked { // any order: each is judged by itself
		for _, o := range asked {
			var ask arguments
			json.Unmarshal(o.Value, &ask)
			if ask.Poison {
				c.bad("a deployment with a change that must be refused was carried out at index %d", index)
			}
			if (o.F == "promote" || o.F == "abort") && !slices.ContainsFunc(c.of(o.Key).eras, func(e *era) bool { return e.ended == index }) {
				c.bad("%s of %s was acknowledged at index %d, and no event tells it", o.F, o.Key, index)
			}
			for _, a := range made(o) {
				if !slices.ContainsFunc(c.of(a.WorkflowType).states, func(s state) bool { return s.from == index && s.era != nil && s.era.version == a.Version }) {
					c.bad("%s of %s was acknowledged at index %d, and no event tells it", o.F, a.WorkflowType, index)
				}
			}
		}
	}
}

// checkLook compares a listing of canaries with what is known of the index that it shows.
func (c *checker) checkLook(o *op.Op) {
	var a wire.Canaries
	if err := json.Unmarshal(o.Answer, &a); err != nil {
		c.bad("a listing at index %d cannot be read: %v", o.Index, err)
		return
	}
	who := fmt.Sprintf("node %s at index %d", o.Node, o.Index)
	shown := map[string]*wire.Canary{}
	for i := range a.Canaries {
		shown[a.Canaries[i].WorkflowType] = &a.Canaries[i]
	}
	for _, typ := range c.names() {
		h := c.types[typ]
		var now state
		for _, s := range h.states {
			if s.from <= o.Index {
				now = s
			}
		}
		got := shown[typ]
		switch {
		case got == nil && now.era == nil:
		case got == nil || now.era == nil || got.Version != now.era.version || got.Routed != now.routed || shareOf(got.Share) != now.share || got.BeganIndex != now.era.began:
			c.bad("%s shows of %s the canary %+v; it is %+v", who, typ, got, now.era)
		default:
			c.checkCounts(h, now.era, counts{got.Counts.Canary, got.Counts.Routed}, o.Index, true, who)
		}
	}
}

func shareOf(text string) uint64 {
	n, _ := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	return uint64(math.Round(n * 100))
}

func short(version string) string { return version[:min(12, len(version))] }
