package sim

import (
	"math/rand/v2"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

func (m *Model) move(r *run, c *fsm.MoveRun) string {
	if m.level < 2 || r.version != c.From || c.From == c.To || r.turns != c.Turns || uint64(len(r.reopened)) != c.Reopened {
		return fenced
	}
	if p := m.loaded[c.To]; p == nil || !carries(p, r.typ) {
		return "version_unavailable"
	}
	if r.status == history.StatusRunning && m.stopped(r.typ, c.To) {
		return "stopped"
	}
	if n := m.countsOf(r); n != nil {
		n.Started--
	}
	m.unpinned[r.version] = true
	r.version = c.To
	m.noteMove(r, c.From)
	return ok
}

// noteMove ends a move: the run counts as started on its new version.
func (m *Model) noteMove(r *run, from catalog.Version) {
	m.append(r, &history.WorkflowMoved{From: from, To: r.version, Turn: r.turns})
	r.movedAt = uint64(len(r.lines))
	if n := m.countsOf(r); n != nil {
		n.Started++
	}
}

// closedNow reports whether the entry being judged closed a run.
func (m *Model) closedNow(r *run) bool {
	for i := len(m.closes) - 1; i >= 0 && m.closes[i].index == m.index; i-- {
		if m.closes[i].run == r.id {
			return true
		}
	}
	return false
}

// submitMove sends a load behind a gate, or a move of a run, as n sees it. What was proven is not
// always what is. Until level 2 is reached it is raised now and then.
func (w *World) submitMove(n *node, rng *rand.Rand) bool {
	if n.state == nil {
		return false
	}
	if w.model.level < 2 {
		return odds(rng, 3) && w.forward(n, &call{envelope: fsm.Envelope{Command: &fsm.RaiseLevel{Level: 2}}})
	}
	if len(w.calls) >= atOnce || len(w.model.order) == 0 {
		return false
	}
	if odds(rng, 3) {
		return w.send(n, w.gated(n, rng), rng)
	}
	c := new(fsm.MoveRun)
	newest := w.model.order[max(0, len(w.model.order)-60):]
	for range 12 { // usually an open one
		id := one(rng, newest)
		if r := w.model.runs[id]; r != nil {
			if c.Run = (fsm.RunRef{RunID: id}); r.status.Open() {
				break
			}
		}
	}
	var typ string
	n.state.View(func(v fsm.View) {
		if r, found := v.Run(c.Run.RunID); found {
			typ, c.From, c.Turns, c.Reopened = r.Type, r.Version, r.Turns, uint64(len(r.Reopened))
		}
	})
	c.To = w.other(rng, typ, c.From)
	switch rng.IntN(16) {
	case 0:
		c.Turns++
	case 1:
		c.Turns -= min(c.Turns, 1)
	case 2:
		c.From = one(rng, known).Version
	case 3:
		c.Reopened++
	}
	return w.send(n, c, rng)
}

// other draws a version, usually a loaded one of a type, and not the one given.
func (w *World) other(rng *rand.Rand, typ string, not catalog.Version) catalog.Version {
	p := one(rng, known)
	for range 6 {
		if w.model.loaded[p.Version] != nil && carries(&p, typ) && p.Version != not {
			break
		}
		p = one(rng, known)
	}
	return p.Version
}
