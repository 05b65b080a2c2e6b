package sim

import (
	"cmp"
	"fmt"
	"slices"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// waitLine is who waits for the result of a run, in the order in which they are told: by when they
// started, and by ordinal. The run that goes on from it takes the line over.
type waitLine struct{ places []place }

// place is a wait of a run in a line.
type place struct {
	of *run
	id uint64
}

// await is a wait, by ordinal, and the line in which it stands.
type await struct {
	id uint64
	in *waitLine
}

func (m *Model) join(r, to *run, id uint64) {
	r.unjoin(id)
	if to.line == nil {
		to.line = new(waitLine)
	}
	to.line.places = append(to.line.places, place{r, id})
	slices.SortFunc(to.line.places, func(a, b place) int { return cmp.Or(cmp.Compare(a.of.born, b.of.born), cmp.Compare(a.id, b.id)) })
	r.awaits = append(r.awaits, await{id, to.line})
	slices.SortFunc(r.awaits, func(a, b await) int { return cmp.Compare(a.id, b.id) })
}

func (r *run) unjoin(id uint64) {
	for _, a := range r.awaits {
		if a.id == id {
			a.in.places = slices.DeleteFunc(a.in.places, func(p place) bool { return p.of == r && p.id == id })
		}
	}
	r.awaits = slices.DeleteFunc(r.awaits, func(a await) bool { return a.id == id })
}

func (m *Model) handLine(r, next *run) { next.line, r.line = r.line, nil }

// await predicts what comes of a wait for the result of a workflow; again: of one that was there
// before its run was reopened.
func (m *Model) await(r *run, e *history.ResultAwaited, again bool) {
	to := m.runs[m.latest[e.WorkflowID]]
	note, heard := &history.ResultAwaited{ID: e.ID, WorkflowID: e.WorkflowID}, &history.ResultReceived{ID: e.ID}
	if to != nil {
		note.RunID, heard.RunID = to.id, to.id
	}
	if !again {
		m.append(r, note)
	}
	switch {
	case to == nil:
		heard.Error = &history.RunError{Kind: history.KindUnknownWorkflow}
	case to.workflowID == r.workflowID:
		heard.Error = &history.RunError{Kind: history.KindAwaitsItself}
	case to.status.Open():
		m.join(r, to, e.ID)
		return
	case m.tight && m.view != nil && slices.Contains(m.view.Awaits(r.id), e.ID): // there was no room for it
		m.join(r, to, e.ID)
		if !m.waitsForJob(to) {
			if m.telling == nil {
				m.jobs++
				m.telling = &job{id: m.jobs, root: to}
				m.pending = append(m.pending, m.telling)
			}
			m.telling.line = append(m.telling.line, to)
		}
		return
	default:
		heard = to.became(e.ID)
	}
	m.deliver(r, heard)
}

// became is what those who wait under an ordinal hear of a closed run.
func (r *run) became(id uint64) *history.ResultReceived {
	heard := &history.ResultReceived{ID: id, RunID: r.id}
	kind := ""
	switch e := r.said[len(r.said)-1].(type) {
	case *history.WorkflowCompleted:
		heard.Result = e.Result
	case *history.WorkflowFailed:
		kind = e.Error.Kind
	case *history.WorkflowCancelled:
		kind = history.KindCancelled
	case *history.WorkflowTerminated:
		kind = history.KindTerminated
	case *history.WorkflowTimedOut:
		kind = history.KindTimedOut
	}
	if kind != "" {
		heard.Error = &history.RunError{Kind: kind}
	}
	return heard
}

// textOfResult is the predictable part of what a run hears.
func textOfResult(e *history.ResultReceived) string {
	if e.Error != nil {
		return e.RunID.String() + " " + e.Error.Kind
	}
	return e.RunID.String() + " " + string(e.Result)
}

// sendCancel predicts a request to another workflow to end.
func (m *Model) sendCancel(r *run, e *history.CancelSent, last history.Data) {
	to := m.runs[m.latest[e.WorkflowID]]
	_, goesOn := last.(*history.WorkflowContinuedAsNew)
	bad := to == nil || !to.status.Open() || to == r && last != nil && !goesOn || to != r && (m.doomed(to) || !to.cancelAsked && to.void >= 100)
	note := &history.CancelSent{WorkflowID: e.WorkflowID}
	if bad {
		note.Error = new(history.RunError)
	}
	m.append(r, note)
	switch {
	case bad:
	case to == r && goesOn: // it is the next run that is to end
		if !r.cancelAsked {
			m.later = append(m.later, new(history.CancelRequested))
		}
	default:
		m.askToEnd(to)
	}
}

// tell tells those in the line of a closed run what became of it, except those whom the entry has
// left in line. It reports whether nobody is left, and whether anybody was told.
func (c *closings) tell(r *run) (all, some bool) {
	if r.line == nil {
		return true, false
	}
	m := c.m
	var left []fsm.Awaiter
	if m.tight && m.view != nil {
		still := m.view.Awaiters(r.id) // and who joins later in this entry
		for _, p := range r.line.places {
			if a := (fsm.Awaiter{RunID: p.of.id, ID: p.id}); slices.Contains(still, a) || m.unheard(p) {
				left = append(left, a)
			}
		}
	}
	n := len(r.line.places) - len(left)
	if n < 0 || !slices.EqualFunc(r.line.places[max(n, 0):], left, func(p place, a fsm.Awaiter) bool { return p.of.id == a.RunID && p.id == a.ID }) {
		c.wrong = fmt.Sprintf("of %d who wait for run %s, which has closed, these are left: %+v", len(r.line.places), r.id, left)
		return true, true
	}
	for _, p := range slices.Clone(r.line.places[:n]) {
		p.of.unjoin(p.id)
		if p.of.status.Open() {
			m.deliver(p.of, r.became(p.id))
		}
	}
	if len(left) == 0 {
		r.line = nil
	}
	return len(left) == 0, n > 0
}

// unheard reports whether a run that waits closes in this entry before it was its turn to be told:
// a child of the run that it waits for, say.
func (m *Model) unheard(p place) bool {
	row, found := m.view.Run(p.of.id)
	if !found || row.Status.Open() || !p.of.status.Open() {
		return false
	}
	return !slices.ContainsFunc(m.view.Events(p.of.id, uint64(len(p.of.lines))+1, 1000), func(e history.Event) bool {
		heard, is := e.Data.(*history.ResultReceived)
		return is && heard.ID == p.id
	})
}

// handles adds to a turn what code does with other workflows, from level 6 on. It has its own
// random source, as leaveChildren has.
func (w *World) handles(r *run, c *fsm.RecordTurn) {
	if r == nil || w.model.level < 6 || c.Rules == 0 {
		return
	}
	rng := dice(uint64(r.id[13])<<48 ^ c.Through<<20 ^ c.N<<4 ^ 5)
	if !odds(rng, 3) {
		return
	}
	used := map[uint64]bool{}
	for _, e := range c.Asked {
		used[begins(e.Data)] = true
	}
	for i := range uint64(1 + rng.IntN(3)) {
		id := one(rng, ids)
		if odds(rng, 3) {
			id = fmt.Sprintf("kid-%d", rng.IntN(30))
		}
		var d history.Data
		switch ordinal := 16*c.N + 12 + i; {
		case odds(rng, 5):
			d = &history.CancelSent{WorkflowID: id, Reason: "why"}
		case odds(rng, 6) && len(r.awaits) > 0:
			d = &history.AwaitCancelled{ID: one(rng, r.awaits).id}
		case !used[ordinal]:
			d = &history.ResultAwaited{ID: ordinal, WorkflowID: id}
		default:
			continue
		}
		c.Asked = append(c.Asked, history.Event{Data: d})
	}
}

// awaitsAreNot compares who waits for whom.
func (m *Model) awaitsAreNot(v fsm.View, r *run) string {
	var want []uint64
	for _, a := range r.awaits {
		want = append(want, a.id)
	}
	if got := v.Awaits(r.id); !slices.Equal(got, want) {
		return fmt.Sprintf("run %s waits for results %v, want %v", r.id, got, want)
	}
	var places []place
	if r.line != nil {
		places = r.line.places
	}
	if got := v.Awaiters(r.id); !slices.EqualFunc(got, places, func(a fsm.Awaiter, p place) bool { return a.RunID == p.of.id && a.ID == p.id }) {
		return fmt.Sprintf("for run %s wait %+v, want %d others", r.id, got, len(places))
	}
	return ""
}
