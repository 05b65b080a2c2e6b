package replay

import (
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// How much of what has happened falls into one turn is decided by timing: a thousand signals that
// came while the run was paused are all there when it goes on, and no wait for one of them blocks.
// The budgets of a turn must not tell the difference. So a turn ends by itself, at a wait that
// could go on at once, when it has used a quarter of any budget; the next turn makes the same call
// again and goes on there, with the budgets of a turn of its own. The number of the wait is in the
// turn's record, so it is cut there when it is shown again, whatever the limits are by then.
//
// A single piece of work between two waits may need more than the three quarters that are left. A
// turn that meets a limit after such a wait is made again and cut at it, see Sooner: what is
// between two waits has a whole turn, as if it had come alone.
const share = 4

// enough ends the turn at a wait that could go on, if it has used its share.
func (l *ledger) enough() error {
	b := &l.book
	if l.reading || b.mismatch != nil {
		return nil
	}
	if l.parked {
		l.parked = false
		return nil
	}
	if at := b.waits + 1; b.at == at || b.bound && !b.replay && l.used() {
		l.parked, b.full, b.cutAt = true, true, at
		return runtime.ErrLater
	}
	b.waits++
	return nil
}

// used tells whether the turn has used its share of any budget.
func (l *ledger) used() bool {
	b, most := &l.book, &l.limits
	steps, bytes := l.spent()
	over := func(used, limit uint64) bool { return used > limit/share }
	return over(steps, most.Steps) || over(bytes, most.MemoryBytes) || over(uint64(len(b.asked)), uint64(most.Asked)) || over(b.work, turnWork) ||
		over(uint64(b.bytes), uint64(most.TurnBytes)) || over(uint64(b.logged), uint64(most.LogBytes)) ||
		over(uint64(b.labels.bytes), history.MaxAttributesBytes) || b.labels.event != nil && over(uint64(len(b.labels.event.Attributes)), history.MaxAttributes)
}

// Sooner is returned by Next for a turn that met a limit after a wait at which it could have been
// cut: it is made again, and cut there.
type Sooner struct {
	Wait uint64 // for Cut
}

func (e *Sooner) Error() string { return "the turn met a limit and is made again, cut at a wait" }

// Cut makes the next turn end at the wait of this number, of those that could go on at once.
func (m *Machine) Cut(wait uint64) { m.cutAt = wait }

// sooner tells that the turn just made should have been cut.
func (m *Machine) sooner() *Sooner {
	b := &m.ledger.book
	if b.waits == 0 || !m.ended || len(b.asked) == 0 {
		return nil
	}
	if failed, ok := b.asked[len(b.asked)-1].(*history.WorkflowFailed); ok && failed.Error.Kind == history.KindLimit {
		return &Sooner{Wait: b.waits}
	}
	return nil
}
