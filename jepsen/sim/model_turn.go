package sim

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

func (m *Model) recordTurn(c *fsm.RecordTurn, res *fsm.Result) (code, why string) {
	r := m.runs[c.RunID]
	if r == nil {
		return "not_found", ""
	}
	before := uint64(len(r.lines))
	if r.status != history.StatusRunning || r.beginsAt != 0 || c.N != r.turns+1 || c.Through > before || c.Through < r.through || c.Through == r.through && !(r.cut && c.Rules >= 1) || c.Through < r.reopenedAt() || c.Through < r.movedAt || m.doomed(r) || m.stopped(r.typ, r.version) || !m.cameTrue(c, r) {
		return fenced, ""
	}
	var last history.Data
	asked := uint64(len(c.Asked))
	if asked > 0 {
		switch d := c.Asked[asked-1].Data; d.Type() {
		case history.TypeWorkflowCompleted, history.TypeWorkflowFailed, history.TypeWorkflowCancelled, history.TypeWorkflowContinuedAsNew:
			last = d
			asked-- // a closing event is free
		}
	}
	for _, e := range c.Asked {
		if t := e.Data.Type(); m.level < 6 && (t == history.TypeCancelSent || t == history.TypeResultAwaited || t == history.TypeAwaitCancelled) {
			return "invalid_input", ""
		} else if m.level < 4 && (t == history.TypeActivityCancelRequested || t == history.TypeChildWorkflowCancelRequested) {
			return "invalid_input", ""
		}
	}
	if r.closesOver(c, last) {
		r.void++
		if a, is := res.Answer.(*fsm.TurnAnswer); is && !a.Void {
			return ok, "the turn closes the run over what it has not seen"
		}
		return ok, ""
	}
	m.turning, m.later, m.byRules = r, nil, c.Rules
	defer func() { m.turning, m.later = nil, nil }()
	if limit := cmp.Or(c.Limits.Events, 50_000); asked > 0 && before+asked > limit {
		m.fail(r, &history.WorkflowFailed{Error: history.RunError{Kind: history.KindLimit}})
	} else {
		m.touched = append(m.touched, r.id)
		r.turns, r.through, r.consumed, r.void, r.cut = c.N, c.Through, c.Consumed, 0, c.Cut && last == nil
		r.recorded = append(r.recorded, turn{n: c.N, through: c.Through, first: before + 1, count: uint64(len(c.Asked)), cut: r.cut})
		r.eventLimit, r.signalLimit = limit, cmp.Or(c.Limits.Signals, 10_000)
		var next *run
		for _, e := range c.Asked {
			if n := m.ask(r, e.Data, last); n != nil {
				next = n
			}
		}
		if failed, is := last.(*history.WorkflowFailed); is && next != nil {
			m.shut(closing{r, &history.WorkflowFailed{Error: failed.Error, NewRunID: next.id}, true})
			m.tryAgain(r, next)
			next = nil
		} else if last != nil {
			m.shut(closing{r, last, true})
		}
		if next != nil {
			m.carryOn(r, next, last.(*history.WorkflowContinuedAsNew), before)
		} else if last == nil {
			for _, d := range m.later {
				m.append(r, d)
			}
		}
	}
	if a, is := res.Answer.(*fsm.TurnAnswer); is && (a.Status != r.status || a.Last != uint64(len(r.lines)) || uint64(len(a.Appended)) != a.Last-before) {
		return ok, fmt.Sprintf("status %s with %d events, %d of them new; want %s with %d after %d", a.Status, a.Last, len(a.Appended), r.status, len(r.lines), before)
	}
	return ok, ""
}

// closesOver: a turn does not close its run over a signal, an update or a cancellation request that
// it has not seen, nor continue as new over an update, which would not go along. After a hundred
// such turns in a row it does.
func (r *run) closesOver(c *fsm.RecordTurn, last history.Data) bool {
	if last == nil || c.Rules < 1 || r.void >= 100 {
		return false
	}
	goesOn := last.Type() == history.TypeWorkflowContinuedAsNew
	for _, l := range r.lines[c.Through:] {
		switch l.typ {
		case history.TypeUpdateAccepted:
			return true
		case history.TypeSignalReceived, history.TypeCancelRequested:
			if !goesOn {
				return true
			}
		}
	}
	return false
}

// ask executes one event that code asked for. It returns the run that continues r, if there is one.
func (m *Model) ask(r *run, data, last history.Data) (next *run) {
	switch e := data.(type) {
	case *history.ActivityScheduled:
		m.append(r, e)
		m.schedule(r, e)
	case *history.ActivityCancelled:
		m.append(r, e)
		if t := r.task(e.ID); t != nil {
			m.giveUpTask(r, t)
		}
	case *history.TimerStarted:
		armed := *e
		armed.FireAt = m.now + history.Time(e.Duration)
		m.append(r, &armed)
		m.arm(r, e.ID, armed.FireAt)
	case *history.AttributesUpdated:
		m.append(r, e)
		r.attrs = labelled(r.attrs, e.Attributes)
	case *history.TimerCancelled:
		m.append(r, e)
		r.disarm(e.ID)
	case *history.SignalSent:
		m.send(r, e, last)
	case *history.CancelSent:
		m.sendCancel(r, e, last)
	case *history.ResultAwaited:
		m.await(r, e, false)
	case *history.AwaitCancelled:
		m.append(r, e)
		r.unjoin(e.ID)
	case *history.UpdateCompleted:
		m.answer(r, e)
	case *history.ChildWorkflowStarted:
		m.startChild(r, e)
	case *history.ChildWorkflowCancelled:
		m.append(r, e)
		if k := r.kid(e.ID); k != nil && k.awaited {
			k.awaited = false
			if child := m.runs[k.run]; child != nil && child.status.Open() {
				m.askToEnd(child)
			}
		}
	case *history.ActivityCancelRequested:
		m.append(r, e)
		m.askTask(r, e.ID)
	case *history.ChildWorkflowCancelRequested:
		m.append(r, e)
		m.askKid(r, e.ID)
	case *history.WorkflowContinuedAsNew:
		v := r.version
		if routed := m.chosenBy(r, r.typ); !e.Same && !routed.IsZero() {
			v = routed
		}
		m.append(r, &history.WorkflowContinuedAsNew{Version: v})
		return &run{
			id: history.DeriveRunID(r.id, "continue", 1), workflowID: r.workflowID, typ: r.typ, version: v, input: e.Input, timeout: r.timeout,
			parent: r.parent, under: r.under, ordinal: r.ordinal, onClose: r.onClose, continued: true, fired: m.handedFire(r), goesOnFrom: r.id, attrs: r.attrs, depth: r.depth, chain: m.onward(r),
		}
	case *history.WorkflowFailed:
		failed := &history.WorkflowFailed{Error: e.Error}
		if next = m.again(r, e.Error.Kind); next != nil {
			failed.NewRunID = next.id
		}
		m.append(r, failed)
		return next
	default:
		m.append(r, e)
	}
	return nil
}

func (r *run) disarm(id uint64) {
	r.timers = slices.DeleteFunc(r.timers, func(t timer) bool { return t.id == id })
}

func (r *run) kid(id uint64) *kid {
	for i := range r.kids {
		if r.kids[i].id == id {
			return &r.kids[i]
		}
	}
	return nil
}

func (r *run) forgetKid(id uint64) {
	r.kids = slices.DeleteFunc(r.kids, func(k kid) bool { return k.id == id })
}

func (m *Model) send(r *run, e *history.SignalSent, last history.Data) {
	to := m.runs[m.latest[e.WorkflowID]]
	_, goesOn := last.(*history.WorkflowContinuedAsNew)
	bad := to == nil || !to.status.Open() || to == r && last != nil && !goesOn || to != r && m.doomed(to) || !to.takesSignal(r.signalLimit) || to != r && to.void >= 100
	note := &history.SignalSent{Payload: e.Payload}
	if bad {
		note.Error = new(history.RunError)
	}
	m.append(r, note)
	if !bad {
		m.deliver(to, &history.SignalReceived{Payload: e.Payload})
	}
}

func (m *Model) startChild(r *run, e *history.ChildWorkflowStarted) {
	v := m.childVersion(r, e)
	id := history.DeriveRunID(r.id, r.purpose(), e.ID)
	note := *e
	note.RunID = history.RunID{}
	open := m.runs[m.latest[e.WorkflowID]]
	if !v.IsZero() && m.isOwn(r, e, open) {
		note.RunID = open.id
		m.append(r, &note)
		r.adopt(e.ID, open.id)
		return
	}
	if !v.IsZero() && m.inherits(r, e, open) {
		note.RunID = open.id
		m.append(r, &note)
		m.comeTo(r, open, e.ID)
		return
	}
	if v.IsZero() || open != nil && open.status.Open() || m.runs[id] != nil || m.stopped(e.WorkflowType, v) || !m.within(e.WorkflowType, m.below(r), nil) {
		m.append(r, &note)
		m.deliver(r, &history.ChildWorkflowFailed{ID: e.ID})
		return
	}
	note.RunID = id
	m.append(r, &note)
	r.adopt(e.ID, id)
	m.start(&run{id: id, workflowID: e.WorkflowID, typ: e.WorkflowType, input: e.Input, version: v, parent: r.id, under: r.workflowID, ordinal: e.ID, onClose: e.OnClose, timeout: e.Timeout, attrs: labelled(nil, e.Attributes), depth: m.below(r), chain: firstOfChain(e.Retry, e.ChainTimeout)})
}

func (m *Model) childVersion(r *run, e *history.ChildWorkflowStarted) catalog.Version {
	if own := m.loaded[r.version]; e.Choice != history.ChildRouted && own != nil && carries(own, e.WorkflowType) {
		return r.version
	}
	if e.Choice == history.ChildParent {
		return catalog.Version{}
	}
	return m.chosenBy(r, e.WorkflowType)
}

// carryOn starts the run that continues r, with everything that r has not read.
func (m *Model) carryOn(r, next *run, e *history.WorkflowContinuedAsNew, before uint64) {
	if s := m.openedBy(r); s != nil {
		s.open[slices.Index(s.open, r.id)] = next.id
		next.schedule = r.schedule
	}
	m.start(next)
	m.handKid(r, next)
	m.handLine(r, next)
	heard := len(next.lines)
	hand := func(l line) {
		switch l.typ {
		case history.TypeSignalReceived:
			m.append(next, &history.SignalReceived{Payload: history.Payload(l.text)})
		case history.TypeCancelRequested:
			m.askToEnd(next)
		}
	}
	for _, seq := range e.Carry {
		if seq <= r.through {
			hand(r.lines[seq-1])
		}
	}
	for _, l := range r.lines[r.through:before] {
		hand(l)
	}
	if (m.byRules >= 2 || r.heir) && slices.ContainsFunc(next.lines[heard:], func(l line) bool { return l.typ == history.TypeSignalReceived }) {
		next.heir, next.from = true, r.id
		next.fresh = slices.DeleteFunc(next.fresh, func(f fresh) bool { return next.lines[f.seq-1].typ == history.TypeSignalReceived }) // stored elsewhere
	}
	for _, d := range m.later {
		hand(lineOf(d))
	}
}

// childOf draws the ordinal of a child that code could give up; 0 = none.
func (m *Model) childOf(id history.RunID, rng *rand.Rand) uint64 {
	if r := m.runs[id]; r != nil && len(r.kids) > 0 {
		return one(rng, r.kids).id
	}
	return 0
}
