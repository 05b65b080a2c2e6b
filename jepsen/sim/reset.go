package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// submitReset sends a reset or a fork, as n sees the run, or starts a batch of resets.
func (w *World) submitReset(n *node, rng *rand.Rand) bool {
	if len(w.calls) >= atOnce || len(w.model.order) == 0 || n.state == nil || w.model.level < 5 && !odds(rng, 20) {
		return false
	}
	if odds(rng, 16) {
		s := rows.BatchSpec{Op: rows.BatchReset, Rate: 1 + rng.Uint64N(5), DropSignals: odds(rng, 3)}
		s.Where = append(s.Where, rows.Condition{Field: rows.OfType, Op: rows.Equal, Text: one(rng, types)})
		return w.send(n, &fsm.StartBatch{ID: fmt.Sprint("b", len(w.model.batches)), Spec: s}, rng)
	}
	newest := w.model.order[max(0, len(w.model.order)-60):]
	var id history.RunID
	for range 24 { // usually one that can be reset, and has something under way
		id = one(rng, newest)
		r := w.model.runs[id]
		if r != nil && r.turns > 0 && (r.status.Open() || odds(rng, 4)) && (len(r.kids) > 0 || odds(rng, 6)) {
			break
		}
	}
	var c *fsm.ResetRun
	n.state.View(func(v fsm.View) {
		if r, found := v.Run(id); found {
			c = w.drawReset(v, &r, rng)
		}
	})
	return c != nil && w.send(n, c, rng)
}

// drawReset draws a point in the history of a run, and finds what is under way there. Sometimes it
// is no point.
func (w *World) drawReset(v fsm.View, r *rows.Run, rng *rand.Rand) *fsm.ResetRun {
	c := &fsm.ResetRun{Run: fsm.RunRef{WorkflowID: r.WorkflowID, RunID: r.RunID}, RunID: w.mint(rng), Turns: rng.Uint64N(r.Turns + 1), Cut: 1, Version: r.Version, Rules: w.newestRules(), DropSignals: odds(rng, 4)}
	turns := v.Turns(r.RunID, 1, int(r.Turns))
	if odds(rng, 2) {
		c.Turns = r.Turns - min(r.Turns, rng.Uint64N(3))
	}
	if uint64(len(turns)) < r.Turns {
		return nil // n is behind
	}
	if c.Turns > 0 {
		t := turns[c.Turns-1]
		c.Cut = t.FirstSeq + t.Count - 1
	}
	end := r.Events // of what lies between the turns
	for _, t := range turns[c.Turns:] {
		if t.Count > 0 {
			end = t.FirstSeq - 1
			break
		}
	}
	if c.Cut < end && odds(rng, 3) {
		c.Cut += rng.Uint64N(end - c.Cut + 1)
	}
	if odds(rng, 4) {
		c.As = one(rng, append([]string{"copy-1", "copy-2", "copy-3", "copy-4"}, ids[:2]...))
	}
	if _, real := flows[r.Type]; real {
		w.flowResetting(v, r, c)
	} else {
		drawnResetting(v, r, c)
		if odds(rng, 4) {
			c.Version = w.other(rng, r.Type, r.Version)
		}
		w.spoil(c, turns[:c.Turns], rng)
	}
	return c
}

// spoil makes a reset wrong, now and then: so that it is refused, for what has an outcome at a
// point is not looked at again by apply.
func (w *World) spoil(c *fsm.ResetRun, kept []history.Turn, rng *rand.Rand) {
	switch rng.IntN(40) {
	case 0:
		if n := len(kept); n > 0 && kept[n-1].Count > 0 {
			c.Cut = kept[n-1].FirstSeq + kept[n-1].Count - 2
		}
	case 1:
		c.Cut += 1000
	case 2:
		c.Turns++
	case 3:
		if len(c.Again) > 0 {
			c.Again[0].Seq++
		}
	case 4:
		slices.Reverse(c.Again)
	case 5:
		c.RunID = one(rng, w.model.order)
	}
}

// drawnResetting fills in what had no outcome at the point, in a run of drawn turns.
func drawnResetting(v fsm.View, r *rows.Run, c *fsm.ResetRun) {
	s := standingAt(v, r, c.Cut, 0)
	for _, id := range s.ordinals {
		if _, over := s.ended[id]; !over {
			c.Again = append(c.Again, fsm.Again{ID: id, Seq: s.began[id].Seq, Asked: s.asked[id]})
		}
	}
	c.Consumed = c.Cut / 2
}

// flowResetting finds it by replay in a run of real code.
func (w *World) flowResetting(v fsm.View, r *rows.Run, c *fsm.ResetRun) {
	before := *r
	before.Reopened = nil
	for _, seq := range r.Reopened {
		if seq <= c.Cut {
			before.Reopened = append(before.Reopened, seq)
		}
	}
	status := history.Status(0)
	for _, e := range v.Events(r.RunID, 1, int(c.Cut)) {
		status = history.Fold(status, e.Data)
	}
	if !status.Open() {
		return // refused: the run was closed there
	}
	m, events := w.replayed(v, &before, c.Turns)
	defer m.Close()
	pending, err := m.Pending(events[m.Seen():max(c.Cut, m.Seen())])
	if err != nil {
		w.failf("run %s is to be reset at index %d: %v", r.RunID, v.Index(), err)
	}
	for _, b := range pending {
		c.Again = append(c.Again, fsm.Again{ID: b.ID, Seq: b.Seq, Asked: b.Asked})
	}
	c.Consumed = m.Consumed()
}

// startsOnceMore adds to the first turn that a copy makes the children that the turn in its place
// had started: some of them are open.
func (w *World) startsOnceMore(id history.RunID, c *fsm.RecordTurn) {
	r := w.model.runs[id]
	if r == nil || r.origin == nil || c.N != r.turns+1 || r.turns != r.origin.Turn {
		return
	}
	old := w.model.runs[r.origin.RunID]
	if old == nil || old.turns < c.N {
		return
	}
	used := map[uint64]bool{}
	for _, e := range c.Asked {
		used[begins(e.Data)] = true
	}
	t := old.recorded[c.N-1]
	for seq := t.first; seq < t.first+t.count && seq <= uint64(len(old.said)); seq++ {
		if e, is := old.said[seq-1].(*history.ChildWorkflowStarted); is && !used[e.ID] {
			again := *e
			again.RunID = history.RunID{}
			c.Asked = append(c.Asked, history.Event{Data: &again})
		}
	}
}
