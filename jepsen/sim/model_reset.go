package sim

import (
	"fmt"
	"maps"
	"slices"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// beginning is what the beginning of a history says about its run.
type beginning struct {
	run   // what a copy of it has
	kids  map[uint64]*history.ChildWorkflowStarted
	over  map[uint64]bool // kids that had ended
	later []history.Data  // signals and updates that came after it
}

// upTo reads the history of r up to an event and a turn, from its lines alone.
func (r *run) upTo(cut, turns, level uint64) *beginning {
	b := &beginning{kids: map[uint64]*history.ChildWorkflowStarted{}, over: map[uint64]bool{}}
	b.attrs, b.updates = r.beganWith, map[string]rows.Update{}
	b.recorded = slices.Clone(r.recorded[:turns])
	for i := range b.recorded {
		b.recorded[i].void = false
	}
	cancelAt := uint64(0)
	for i, data := range r.said[:cut] {
		seq := uint64(i) + 1
		b.lines, b.said = append(b.lines, r.lines[i]), append(b.said, data)
		b.status = history.Fold(b.status, data)
		switch d := data.(type) {
		case *history.WorkflowStarted:
			b.version = d.Version
		case *history.WorkflowMoved:
			b.version, b.movedAt = d.To, seq
		case *history.AttributesUpdated:
			b.attrs = labelled(b.attrs, d.Attributes)
		case *history.SignalReceived:
			b.signals++
		case *history.CancelRequested:
			cancelAt = seq
		case *history.UpdateAccepted:
			b.updates[d.UpdateID] = rows.Update{Name: d.Name, Accepted: seq}
		case *history.UpdateCompleted:
			if u, known := b.updates[d.UpdateID]; known && u.Completed == 0 {
				u.Completed = seq
				b.updates[d.UpdateID] = u
			}
		case *history.WorkflowReopened:
			b.reopened = append(b.reopened, seq)
			for j := range b.recorded {
				if b.recorded[j].n != d.Turn {
					continue
				}
				b.recorded[j].void = true
				for _, data := range b.said[b.recorded[j].first-1:][:b.recorded[j].count] {
					if started, is := data.(*history.ChildWorkflowStarted); is && b.kids[started.ID] == started && level >= 7 {
						delete(b.kids, started.ID) // what it began was taken back
					}
				}
			}
			for _, id := range d.Forget {
				b.over[id] = false
			}
			if b.sawBefore(seq); d.ForgetCancel || cancelAt > b.through {
				cancelAt = 0
			}
		case *history.ChildWorkflowStarted:
			b.kids[d.ID], b.over[d.ID] = d, false
		case *history.ChildWorkflowCompleted:
			b.over[d.ID] = true
		case *history.ChildWorkflowFailed:
			b.over[d.ID] = true
		case *history.ChildWorkflowCancelled:
			b.over[d.ID] = !d.Asked // otherwise it may go on, and nobody waits for it
		}
	}
	for _, data := range r.said[cut:] {
		switch data.(type) {
		case *history.SignalReceived, *history.UpdateAccepted:
			b.later = append(b.later, data)
		}
	}
	b.cancelAsked = cancelAt > 0
	b.sawBefore(cut + 1)
	return b
}

// sawBefore notes how much the newest turn that counts had seen, of those before an event.
func (r *run) sawBefore(seq uint64) {
	r.through, r.cut = 0, false
	for _, t := range r.recorded {
		if !t.void && (t.first < seq || t.first == seq && t.count == 0) {
			r.through, r.cut = t.through, t.cut
		}
	}
}

// between reports whether a cut lies between the turns that are kept and the next one.
func (r *run) between(cut, turns uint64) bool {
	if cut == 0 || cut > uint64(len(r.lines)) || turns > r.turns {
		return false
	}
	if turns > 0 {
		if t := r.recorded[turns-1]; t.first+t.count > cut+1 {
			return false
		}
	}
	return turns == r.turns || r.recorded[turns].count == 0 || r.recorded[turns].first > cut
}

// reset predicts a reset, or a fork.
func (m *Model) reset(c *fsm.ResetRun, res *fsm.Result) (code, why string) {
	if m.level < 5 {
		return fenced, ""
	}
	old := m.resolve(c.Run)
	if old == nil {
		return "not_found", ""
	}
	if code := m.mayReset(c, old); code != ok {
		return code, ""
	}
	if !old.between(c.Cut, c.Turns) {
		return "invalid_input", ""
	}
	b := old.upTo(c.Cut, c.Turns, m.level)
	if c.DropSignals {
		b.later = nil
	}
	if !b.status.Open() || !old.takesUp(c) {
		return "invalid_input", ""
	}
	most, handed := int(m.budget/10/2), []kid(nil)
	if c.As == "" && old.status.Open() {
		for _, k := range old.kids {
			if b.kids[k.id] != nil && !b.over[k.id] {
				handed = append(handed, k)
			}
		}
	}
	if m.budget > 0 && (len(c.Again) > most || len(handed) > most) {
		return "resource_exhausted", ""
	}
	want := m.copyRun(old, b, handed, c)
	if a, is := res.Answer.(*fsm.ResetAnswer); is && *a != want {
		return ok, fmt.Sprintf("answered %+v, want %+v", *a, want)
	}
	return ok, ""
}

// mayReset predicts why a run cannot be reset, or forked, as it stands.
func (m *Model) mayReset(c *fsm.ResetRun, old *run) string {
	id, fork, open := old.workflowID, c.As != "", old.status.Open()
	if fork {
		if c.As == id {
			return "invalid_input"
		}
		id = c.As
	}
	switch {
	case open && m.doomed(old):
		return "not_running"
	case !open && m.waitsForJob(old):
		return later
	case m.stopped(old.typ, c.Version):
		return "stopped"
	}
	if newest := m.runs[m.latest[id]]; newest != nil && newest.status.Open() && (newest != old || fork) {
		return "already_running"
	}
	gives, depth := old, old.depth
	if fork {
		depth = 0
	}
	if fork || !open {
		gives = nil
	}
	if !m.within(old.typ, depth, gives) {
		return "resource_exhausted"
	}
	if m.runs[c.RunID] != nil {
		return "invalid_input"
	}
	if p := m.loaded[c.Version]; p == nil || !carries(p, old.typ) {
		return "version_unavailable"
	}
	return ok
}

// takesUp reports whether what a command takes up is what the events that are kept began.
func (r *run) takesUp(c *fsm.ResetRun) bool {
	last := uint64(0)
	for _, a := range c.Again {
		if a.ID <= last || a.Seq == 0 || a.Seq > c.Cut || begins(r.said[a.Seq-1]) != a.ID {
			return false
		}
		last = a.ID
	}
	return true
}

// copyRun carries out a reset that nothing refuses.
func (m *Model) copyRun(old *run, b *beginning, handed []kid, c *fsm.ResetRun) fsm.ResetAnswer {
	fork, open := c.As != "", old.status.Open()
	r := &b.run
	r.id, r.workflowID, r.typ, r.input, r.startedAt = c.RunID, old.workflowID, old.typ, old.input, m.now
	r.turns, r.consumed, r.attempts = c.Turns, min(c.Consumed, r.signals), old.attempts
	r.eventLimit, r.signalLimit = old.eventLimit, old.signalLimit
	r.beganWith, r.chain, r.limit, r.timeout, r.fired = old.beganWith, old.chain, old.limit, old.timeout, old.fired
	r.continued, r.goesOnFrom = old.continued, old.goesOnFrom
	r.origin = &rows.Origin{WorkflowID: old.workflowID, RunID: old.id, Turn: c.Turns, Seq: c.Cut + 1, Fork: fork}
	if fork {
		r.workflowID = c.As
	} else {
		r.parent, r.under, r.ordinal, r.onClose, r.depth, r.schedule = old.parent, old.under, old.ordinal, old.onClose, old.depth, old.schedule
	}
	m.started++
	r.born = m.started
	m.runs[r.id], m.latest[r.workflowID] = r, r.id
	if !m.known[r.id] {
		m.known[r.id] = true
		m.order = append(m.order, r.id)
	}
	was := r.version
	r.version = c.Version
	m.append(r, &history.WorkflowReset{RunID: r.id, OfRunID: old.id, Turn: c.Turns, Fork: fork})
	if was != r.version {
		m.append(r, &history.WorkflowMoved{From: was, To: r.version, Turn: r.turns})
		r.movedAt = uint64(len(r.lines))
	}
	if n := m.countsOf(r); n != nil {
		n.Started++
	}
	m.limitTime(r)

	want := fsm.ResetAnswer{
		WorkflowID: r.workflowID, RunID: r.id, Version: r.version, Of: fsm.RunRef{WorkflowID: old.workflowID, RunID: old.id},
		Turn: c.Turns, Kept: c.Cut, Ended: open && !fork, Signals: uint64(len(b.later)),
	}
	if !fork {
		want.Children = m.replace(old, r, b, handed, c)
	}
	for _, a := range c.Again {
		switch e := old.said[a.Seq-1].(type) {
		case *history.TimerStarted:
			m.arm(r, e.ID, e.FireAt)
		case *history.ActivityScheduled:
			m.byRules = c.Rules
			m.schedule(r, e)
			t := r.task(e.ID)
			t.attempt, t.before = r.attempts, r.attempts
			if a.Asked {
				m.askTask(r, e.ID)
			}
		case *history.ResultAwaited:
			m.await(r, e, true)
		case *history.ChildWorkflowStarted:
			if r.kid(e.ID) == nil && m.kidAgain(old, r, e, fork) {
				want.Children++
			}
			if a.Asked {
				m.askKid(r, e.ID)
			}
		}
	}
	for _, data := range b.later {
		m.append(r, data)
		if e, is := data.(*history.UpdateAccepted); is {
			r.updates[e.UpdateID] = rows.Update{Name: e.Name, Accepted: uint64(len(r.lines))}
		}
	}
	return want
}

// replace puts r in the place of old, and returns how many children went along.
func (m *Model) replace(old, r *run, b *beginning, handed []kid, c *fsm.ResetRun) (children uint64) {
	old.resetAs = r.id
	m.touched = append(m.touched, old.id)
	if !old.status.Open() {
		s := m.schedules[old.schedule]
		switch {
		case s == nil || old.startedAt < s.created: // a schedule that was made again knows no runs of the one before
			r.schedule = ""
		case len(s.open) < 1000:
			s.open = append(s.open, r.id)
		}
		return 0
	}
	for _, k := range handed {
		old.forgetKid(k.id)
		m.take(r, m.runs[k.run], b.kids[k.id], slices.ContainsFunc(c.Again, func(a fsm.Again) bool { return a.ID == k.id }))
	}
	if parent := m.runs[old.parent]; parent != nil {
		if k := parent.kid(old.ordinal); k != nil && k.run == old.id {
			k.run = r.id
		}
	}
	m.handLine(old, r)
	r.schedule = ""
	if s := m.openedBy(old); s != nil {
		r.schedule = old.schedule
		s.open[slices.Index(s.open, old.id)] = r.id
	}
	m.shut(closing{old, new(history.WorkflowTerminated), false})
	return uint64(len(handed))
}

// take makes an open run the child of r, as which an event that was kept had started it, or a run
// before it.
func (m *Model) take(r, child *run, e *history.ChildWorkflowStarted, awaited bool) {
	if e.RunID != child.id {
		note := *e
		note.RunID = child.id
		m.append(r, &note)
		if !awaited {
			m.append(r, &history.ChildWorkflowCancelled{ID: e.ID, Asked: true})
		}
	}
	m.comeTo(r, child, e.ID)
	r.kid(e.ID).awaited = awaited
}

// comeTo gives an open run another parent.
func (m *Model) comeTo(parent, child *run, id uint64) {
	child.parent = parent.id
	m.append(child, &history.ParentReset{RunID: parent.id})
	parent.adopt(id, child.id)
}

// kidAgain brings about a child that nobody handed over. It reports whether an open one was taken
// over.
func (m *Model) kidAgain(old, r *run, e *history.ChildWorkflowStarted, fork bool) bool {
	if fork {
		again := *e
		again.WorkflowID = fmt.Sprintf("%s:%d", r.id, e.ID)
		m.startChild(r, &again)
		return false
	}
	child, gone := m.newestOf(old, e)
	switch {
	case child != nil && child.status.Open():
		m.take(r, child, e, true)
		return true
	case child != nil && child.status == history.StatusCompleted:
		m.append(r, &history.ChildWorkflowCompleted{ID: e.ID})
	case gone && e.OnClose != history.CloseTerminate: // it may have completed
		m.append(r, &history.ChildWorkflowFailed{ID: e.ID})
	default:
		m.startChild(r, e)
	}
	return false
}

// inherits reports whether an open run is a child that the run of which r is a copy had started
// after the point, to outlive it.
func (m *Model) inherits(r *run, e *history.ChildWorkflowStarted, open *run) bool {
	o := r.origin
	return o != nil && !o.Fork && open != nil && open.status.Open() && open.parent == o.RunID && open.ordinal == e.ID && open.typ == e.WorkflowType && r.kid(e.ID) == nil && !m.doomed(open)
}

// familyIsNot compares whose copy, whose child and whose parent a run is.
func (m *Model) familyIsNot(v fsm.View, r *run, got *rows.Run) string {
	parent := history.RunID{}
	if got.Parent != nil {
		parent = got.Parent.RunID
	}
	if (got.Origin == nil) != (r.origin == nil) || got.Origin != nil && *got.Origin != *r.origin || got.ResetAs != r.resetAs || parent != r.parent {
		return fmt.Sprintf("run %s is a copy of %+v, reset as %s, a child of %s; want %+v, %s, %s", r.id, got.Origin, got.ResetAs, parent, r.origin, r.resetAs, r.parent)
	}
	want := map[history.RunID]bool{}
	for _, k := range r.kids {
		want[k.run] = true
	}
	kids := map[history.RunID]bool{}
	for _, id := range v.Children(r.id) {
		kids[id] = true
	}
	if !maps.Equal(kids, want) {
		return fmt.Sprintf("the children of run %s are %v, want %v", r.id, kids, want)
	}
	return ""
}

// copied reports whether there is a copy of a run.
func (m *Model) copied(id history.RunID) bool {
	for _, r := range m.runs { // any order: is there one
		if r.origin != nil && r.origin.RunID == id || r.resetAs == id {
			return true
		}
	}
	return false
}
