package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// canary is a canary of a type.
type canary struct {
	version        catalog.Version
	share, salt    uint64
	key            string
	abort, promote uint64
	until          history.Time
	index          uint64
	after          int // number of runs that had started when it began
	counts, routed rows.CanaryCounts
}

// takes reports whether what is drawn for goes to the canary: the spelling of docs/STATE.md.
func (c *canary) takes(text string) bool {
	sum := sha256.Sum256(append(binary.BigEndian.AppendUint64(nil, c.salt), text...))
	return binary.BigEndian.Uint64(sum[:])%10_000 < c.share
}

// chosen is the version that a new run of a type gets; zero = there is no route.
func (m *Model) chosen(typ string, id string, attrs history.Attributes) catalog.Version {
	c := m.canaries[typ]
	if c == nil {
		return m.routes[typ].now
	}
	text := id
	if v, ok := attrs[c.key]; c.key != "" && ok {
		text = string(v)
	}
	if c.takes(text) {
		return c.version
	}
	return m.routes[typ].now
}

// chosenBy is chosen for what a run starts: the root of its tree is drawn for.
func (m *Model) chosenBy(r *run, typ string) catalog.Version {
	deleted := ""
	for range 100 {
		parent := m.runs[r.parent]
		if parent == nil {
			if m.level >= 2 { // r tells whose child it is, even if that has been deleted
				deleted = r.under
			}
			break
		}
		r = parent
	}
	id := r.workflowID
	switch {
	case deleted != "":
		id = deleted
	case r.schedule != "":
		id = r.schedule
	}
	return m.chosen(typ, id, r.attrs)
}

// countsOf are those that a run counts among; nil = none.
func (m *Model) countsOf(r *run) *rows.CanaryCounts {
	c := m.canaries[r.typ]
	switch {
	case c == nil || r.born <= c.after:
		return nil
	case r.version == c.version:
		return &c.counts
	case r.version == m.routes[r.typ].now:
		return &c.routed
	}
	return nil
}

func (m *Model) countClosed(r *run) {
	n := m.countsOf(r)
	if n == nil || r.judged {
		return
	}
	switch r.status {
	case history.StatusCompleted, history.StatusContinuedAsNew:
		n.Completed++
	case history.StatusFailed, history.StatusTimedOut:
		n.Failed++
	}
}

// countQuarantined counts a run as failed that was quarantined, from level 2 on.
func (m *Model) countQuarantined(r *run) {
	if n := m.countsOf(r); n != nil && !r.judged && m.level >= 2 {
		n.Failed++
		r.judged = true
	}
}

// steady reports whether a type has a canary and its route would move.
func (m *Model) steady(typ string, v catalog.Version) bool {
	return m.canaries[typ] == nil || m.routes[typ].now == v
}

func (m *Model) setCanary(c *fsm.SetCanary) string {
	if c.Share > 10_000 {
		return "invalid_input"
	}
	old := m.canaries[c.Type]
	var p *catalog.Package
	if c.Version == "" && old == nil {
		return "not_found"
	}
	if c.Version != "" {
		if p = m.find(c.Type, c.Version); p == nil {
			return "unknown_version"
		}
	}
	routed := m.routes[c.Type].now
	switch {
	case old != nil && p != nil && p.Version != old.version:
		return "canary_active"
	case old != nil && c.Key != "" && c.Key != old.key:
		return "invalid_input"
	case old == nil && routed.IsZero():
		return "unknown_workflow_type"
	case old == nil && routed == p.Version:
		return "invalid_input"
	}
	if old == nil {
		old = &canary{version: p.Version, salt: c.Salt, key: c.Key, index: m.index, after: m.started}
		m.canaries[c.Type] = old
		m.came(c.Type, p.Version)
	}
	old.share, old.abort, old.promote, old.until = c.Share, c.AbortFailures, c.PromoteAfter, 0
	if c.For > 0 {
		old.until = m.now + history.Time(c.For)
	}
	return ok
}

// dueNow reports whether the time of the canary that c means is over.
func (m *Model) dueNow(c *fsm.EndCanary) bool {
	old := m.canaries[c.Type]
	return old != nil && old.index == c.Index && old.until != 0 && old.until <= m.now
}

func (m *Model) endCanary(c *fsm.EndCanary, r *fsm.Result) (code, why string) {
	old := m.canaries[c.Type]
	if c.Due && !m.dueNow(c) {
		return fenced, ""
	}
	if old == nil {
		return "not_found", ""
	}
	if a, is := r.Answer.(*fsm.CanaryAnswer); is && (a.Canary.Counts != old.counts || a.Canary.Routed != old.routed) {
		why = fmt.Sprintf("counted %+v and %+v, want %+v and %+v", a.Canary.Counts, a.Canary.Routed, old.counts, old.routed)
	}
	m.finishCanary(c.Type, c.Promote || c.Due)
	return ok, why
}

func (m *Model) finishCanary(typ string, promote bool) {
	c := m.canaries[typ]
	delete(m.canaries, typ)
	if promote {
		m.point(typ, c.version)
	} else {
		m.moved[c.version] = true
	}
}

// judgeCanaries ends those that have reached a threshold, at the end of an entry.
func (m *Model) judgeCanaries() {
	for _, typ := range slices.Sorted(maps.Keys(m.canaries)) {
		c := m.canaries[typ]
		clear(m.left)
		switch {
		case c.abort > 0 && c.counts.Failed >= c.abort:
			m.finishCanary(typ, false)
			m.recordDeploy("canary_abort", []string{typ}, ok)
		case c.promote > 0 && c.counts.Completed >= c.promote:
			m.finishCanary(typ, true)
			m.recordDeploy("canary_promote", []string{typ}, ok)
		}
	}
}

func (m *Model) canariesAreNot(v fsm.View) string {
	all := v.Canaries()
	if len(all) != len(m.canaries) {
		return fmt.Sprintf("%d types have a canary, want %d", len(all), len(m.canaries))
	}
	for _, got := range all {
		want := m.canaries[got.Type]
		if want == nil || got.Version != want.version || got.Share != want.share || got.Until != want.until || got.Counts != want.counts || got.Routed != want.routed {
			return fmt.Sprintf("the canary of %s is %+v, want %+v", got.Type, got, want)
		}
	}
	return ""
}

// drawCanary draws a command about a canary, usually of a type that is routed, with another version
// that is loaded.
func (w *World) drawCanary(rng *rand.Rand) fsm.Command {
	p := one(rng, known)
	typ := p.Members[rng.IntN(len(p.Members))].Type
	for range 6 {
		routed := w.model.routes[typ].now
		if w.model.loaded[p.Version] != nil && !routed.IsZero() && routed != p.Version {
			break
		}
		p = one(rng, known)
		typ = p.Members[rng.IntN(len(p.Members))].Type
	}
	old := w.model.canaries[typ]
	switch d := rng.IntN(8); {
	case d == 0:
		return &fsm.EndCanary{Type: typ, Promote: odds(rng, 2)}
	case d == 1 && old != nil:
		return &fsm.EndCanary{Type: typ, Promote: true, Due: true, Index: old.index}
	}
	c := &fsm.SetCanary{
		Type: typ, Version: p.Version.String(), Share: one(rng, []uint64{0, 2_000, 5_000, 10_000, 10_001}), Salt: rng.Uint64(),
		AbortFailures: rng.Uint64N(3), PromoteAfter: 4 * rng.Uint64N(3), For: history.Duration(rng.IntN(3)) * 20e9,
	}
	if typ == "gate" && odds(rng, 2) {
		c.Key = "city"
	}
	if old != nil && odds(rng, 2) {
		c.Version, c.Key = "", ""
	}
	return c
}
