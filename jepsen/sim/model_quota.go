package sim

import (
	"fmt"
	"math/rand/v2"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// within reports whether another run of a type may be open, at a depth below the root of its tree.
// The model counts what is open by looking at every run, but for the one that makes room.
func (m *Model) within(typ string, depth uint64, gives *run) bool {
	for _, name := range []string{typ, ""} {
		q, known := m.quotas[name]
		if !known {
			continue
		}
		open := uint64(0)
		for _, r := range m.runs { // any order: counted
			if r != gives && r.status.Open() && (name == "" || r.typ == name) {
				open++
			}
		}
		if q.OpenRuns > 0 && open >= q.OpenRuns || q.Depth > 0 && depth > q.Depth {
			return false
		}
	}
	return true
}

// below is how deep a child of r is.
func (m *Model) below(r *run) uint64 {
	if m.level < 5 {
		return 0
	}
	return r.depth + 1
}

func (m *Model) setQuota(c *fsm.SetRunQuota) string {
	switch {
	case m.level < 5:
		return fenced
	case c.Quota.OpenRuns > fsm.MaxQuota:
		return "invalid_input"
	case c.Quota.OpenRuns+c.Quota.Depth == 0:
		delete(m.quotas, c.Quota.Name)
	default:
		m.quotas[c.Quota.Name] = c.Quota
	}
	return ok
}

func (m *Model) quotasAreNot(v fsm.View) string {
	list := v.RunQuotas()
	for _, q := range list {
		if m.quotas[q.Name] != q {
			return fmt.Sprintf("the quota of %q is %+v, want %+v", q.Name, q, m.quotas[q.Name])
		}
	}
	if len(list) != len(m.quotas) {
		return fmt.Sprintf("there are %d quotas, want %d", len(list), len(m.quotas))
	}
	return ""
}

// drawQuota draws a quota that soon goes again.
func (w *World) drawQuota(rng *rand.Rand) fsm.Command {
	q := rows.RunQuota{Name: one(rng, append([]string{""}, types...))}
	for _, name := range append([]string{""}, types...) {
		if _, set := w.model.quotas[name]; set && !odds(rng, 3) {
			return &fsm.SetRunQuota{Quota: rows.RunQuota{Name: name}}
		}
	}
	q.OpenRuns, q.Depth = rng.Uint64N(8), rng.Uint64N(3)
	if odds(rng, 20) {
		q.OpenRuns = fsm.MaxQuota + 1
	}
	return &fsm.SetRunQuota{Quota: q}
}

// givesWay is the run that a start terminates; nil = none.
func (m *Model) givesWay(c *fsm.StartRun) *run {
	gives, _ := m.inTheWay(c)
	return gives
}
