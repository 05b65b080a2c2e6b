package replay

import (
	"context"
	"errors"
	"fmt"

	"aion.dev/aion/fsm/history"
)

// Replay replays recorded turns. It may be called repeatedly with consecutive pieces. events are in
// order without gaps, begin at Seen()+1 or earlier, and reach the last event that the last turn
// asked for. *Mismatch means that the code asks for something other than what was recorded.
func (m *Machine) Replay(ctx context.Context, turns []history.Turn, events []history.Event) (err error) {
	if len(turns) == 0 {
		return nil
	}
	if err := m.usable(); err != nil {
		return err
	}
	stop := m.watch(ctx)
	defer stop(&err)
	for _, turn := range turns {
		if m.ledger.pace != nil {
			if err := m.ledger.pace.Turn(ctx, turn.N); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return m.fail(context.Cause(ctx))
		}
		if m.ended {
			return m.fail(fmt.Errorf("turn %d follows turn %d, which closed the run", turn.N, m.turns))
		}
		if err := m.replayTurn(turn, events); err != nil {
			return m.fail(err)
		}
	}
	return nil
}

// replayTurn replays one recorded turn.
func (m *Machine) replayTurn(turn history.Turn, events []history.Event) error {
	if turn.N != m.turns+1 || turn.Through < m.seen {
		return fmt.Errorf("turn %d through event %d does not follow turn %d through event %d", turn.N, turn.Through, m.turns, m.seen)
	}
	if m.ledger.void.turns[turn.N] {
		m.turns++
		return nil
	}
	news, err := between(events, m.seen+1, turn.Through+1)
	if err != nil {
		return err
	}
	asked, err := between(events, turn.FirstSeq, turn.FirstSeq+turn.Count)
	if err != nil {
		return err
	}
	// A turn that met a limit ends again only under limits, and need not meet them at the same
	// place: limits are configuration, not history.
	limited := metLimit(asked)
	m.ledger.beginTurn(book{n: turn.N, recorded: asked, replay: true, bound: limited, cut: turn.Cut, rules: turn.Rules, at: turn.Waits, suggest: turn.Suggested})
	if err := m.run(news, limited); err != nil {
		return err
	}
	if limited {
		m.ended = true
		return nil
	}
	return m.ledger.checkComplete()
}

// Next makes a new turn. news are all events with seq > Seen(), in order, including recorded
// answers to the last turn. Errors: *runtime.Crash if the runtime broke, *Sooner if the turn must
// be made again, ctx's cause if ctx ended first. Before the next call, the caller must record the
// step or close the machine.
func (m *Machine) Next(ctx context.Context, news []history.Event) (*Step, error) {
	return m.next(ctx, news, false)
}

// Foresee is Next for news of which the last are not in the log yet, so that their time is not
// known. The run's WorkflowStarted may be one of them. It returns ErrTime if the code asked for the
// time. What the code logs is held back until Say.
func (m *Machine) Foresee(ctx context.Context, news []history.Event) (*Step, error) {
	return m.next(ctx, news, true)
}

// ErrTime means that a turn cannot be foreseen: its code asked for a time that was not known.
var ErrTime = errors.New("replay: the code asked for the time of an event that is not in the log yet")

func (m *Machine) next(ctx context.Context, news []history.Event, ahead bool) (_ *Step, err error) {
	if err := m.usable(); err != nil {
		return nil, err
	}
	through := m.seen
	if len(news) > 0 {
		through = news[len(news)-1].Seq
	}
	news, err = between(news, m.seen+1, through+1)
	if err != nil {
		return nil, m.fail(err)
	}
	stop := m.watch(ctx)
	defer stop(&err)
	if ctx.Err() != nil {
		return nil, m.fail(context.Cause(ctx))
	}
	m.ledger.beginTurn(book{n: m.turns + 1, bound: true, rules: m.rules(), at: m.cutAt, ahead: ahead})
	m.cutAt = 0
	if err := m.run(news, true); err != nil {
		return nil, m.fail(err)
	}
	if m.ledger.book.timed {
		return nil, m.fail(ErrTime)
	}
	if sooner := m.sooner(); sooner != nil {
		return nil, m.fail(sooner)
	}
	m.made = &Step{N: m.turns, Through: m.seen, Asked: m.ledger.book.asked, Consumed: m.ledger.consumed, Closes: m.ended, Cut: m.ledger.book.toldLater && !m.ended, Waits: m.ledger.book.cutAt}
	m.made.Suggested = m.ledger.book.informed && m.ledger.book.suggest
	m.made.Rules = m.ledger.book.rules
	m.made.Logs = m.ledger.book.lines.all()
	if !m.ended && !m.made.Cut {
		m.made.Waiting = m.ledger.waiting()
	}
	return m.made, nil
}

// Recorded tells the machine that its step was recorded as turn, so that the machine can go on.
// appended are the events that the turn asked for, as the state machine appended them. An error
// means that something else was recorded, and that the machine must be closed.
func (m *Machine) Recorded(turn history.Turn, appended []history.Event) error {
	step := m.made
	switch {
	case step == nil:
		return m.fail(fmt.Errorf("turn %d was recorded, but not made here", turn.N))
	case turn.N != step.N || turn.Through != step.Through || turn.Count != uint64(len(step.Asked)) || len(appended) != len(step.Asked):
		return m.fail(fmt.Errorf("turn %d through %d with %d events was recorded with %d events appended, made was turn %d through %d with %d events",
			turn.N, turn.Through, turn.Count, len(appended), step.N, step.Through, len(step.Asked)))
	}
	for i, e := range appended {
		if e.Seq != turn.FirstSeq+uint64(i) || !same(step.Asked[i], e.Data) {
			return m.fail(fmt.Errorf("event %d is %s, asked for as event %d was %s", e.Seq, Describe(e.Data), turn.FirstSeq+uint64(i), Describe(step.Asked[i])))
		}
	}
	m.made = nil
	if m.ledger.book.ahead {
		m.ledger.now = turn.At // of the entry, as of the event that the turn foresaw
	}
	m.Say()
	return nil
}

// Say passes on what the code logged in a turn that was foreseen. Recorded calls it; the caller
// does if the turn that was recorded closed the run.
func (m *Machine) Say() {
	for _, msg := range m.ledger.book.held {
		m.ledger.say(msg)
	}
	m.ledger.book.held = nil
}

// run delivers news and runs the code until it waits or ends.
func (m *Machine) run(news []history.Event, bound bool) error {
	reopened := newest(news)
	for _, e := range news {
		m.ledger.see(e)
	}
	if b := &m.ledger.book; !b.replay {
		b.suggest = m.most.near(m.ledger.seen, m.ledger.bytes)
	}
	for _, e := range news {
		if e.Seq < reopened && e.Data.Type() == history.TypeCancelRequested {
			continue // see newest
		}
		if err := m.ledger.deliver(e); err != nil {
			return err
		}
	}
	if len(news) > 0 {
		last := news[len(news)-1]
		m.seen, m.ledger.now = last.Seq, last.At
	}
	m.turns++
	if m.ledger.book.mismatch == nil {
		end, err := m.exec.Resume(bound)
		if err != nil {
			return err
		}
		if end != nil {
			m.ended = true
			m.ledger.recordEnd(end)
		}
	}
	if mismatch := m.ledger.book.mismatch; mismatch != nil && !bound {
		return mismatch
	}
	return nil
}

func (m *Machine) fail(err error) error {
	if m.broken == nil {
		m.broken = err
	}
	return err
}

// between returns the events with from <= seq < to.
func between(events []history.Event, from, to uint64) ([]history.Event, error) {
	if from >= to {
		return nil, nil
	}
	if len(events) == 0 || from < events[0].Seq || to-events[0].Seq > uint64(len(events)) {
		return nil, fmt.Errorf("events %d to %d are needed, %s were given", from, to-1, span(events))
	}
	first := events[0].Seq
	part := events[from-first : to-first]
	for i, e := range part {
		if e.Seq != from+uint64(i) || e.Data == nil {
			return nil, fmt.Errorf("events have a gap: event %d stands in the place of event %d", e.Seq, from+uint64(i))
		}
	}
	return part, nil
}

func span(events []history.Event) string {
	if len(events) == 0 {
		return "none"
	}
	return fmt.Sprintf("events %d to %d", events[0].Seq, events[len(events)-1].Seq)
}

// metLimit reports whether a limit ended the turn that asked for these events.
func metLimit(asked []history.Event) bool {
	if len(asked) == 0 {
		return false
	}
	failed, ok := asked[len(asked)-1].Data.(*history.WorkflowFailed)
	return ok && failed.Error.Kind == history.KindLimit
}

// errStop ends code whose turn is over for the ledger.
var errStop = errors.New("the turn ended")
