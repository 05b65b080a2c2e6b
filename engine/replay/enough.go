package replay

import (
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// Timing decides how many events fall into one turn: a thousand signals that arrived while the run
// was paused are all there when it goes on, and no wait for one of them blocks. The budgets of a
// turn must not depend on timing. So after a turn has used a quarter of any budget, it ends at the
// next wait that could go on at once. The next turn makes the same call again and goes on from
// there, with a turn's budgets of its own. The turn's record has the number of the wait, so replay
// cuts the turn at the same wait, whatever the limits are then.
//
// A single piece of work between two waits may need more than the remaining three quarters. A turn
// that meets a limit after such a wait is made again and cut at that wait, see Sooner: so the work
// between two waits has a whole turn, as if it had arrived alone.
const turnShare = 4

// endIfShareUsed ends the turn at a wait that could go on, if the turn has used its share. parked
// says that the code stopped at this wait, and is going on now.
func (l *ledger) endIfShareUsed(parked *bool) error {
	b := &l.book
	if l.reading || b.mismatch != nil {
		return nil
	}
	if *parked {
		*parked = false
		return nil
	}
	if at := b.waits + 1; b.at == at || b.bound && !b.replay && l.usedShare() {
		*parked, b.toldLater, b.cutAt = true, true, at
		return runtime.ErrLater
	}
	b.waits++
	return nil
}

// usedShare reports whether the turn has used its share of any budget.
func (l *ledger) usedShare() bool {
	b, most := &l.book, &l.limits
	steps, bytes := l.spent()
	over := func(used, limit uint64) bool { return used > limit/turnShare }
	return over(steps, most.Steps) || over(bytes, most.MemoryBytes) || over(uint64(len(b.asked)), uint64(most.Asked)) || over(b.work, turnWork) ||
		over(uint64(b.bytes), uint64(most.TurnBytes)) || over(uint64(b.logged), uint64(most.LogBytes)) ||
		over(uint64(b.labels.bytes), history.MaxAttributesBytes) || b.labels.event != nil && over(uint64(len(b.labels.event.Attributes)), history.MaxAttributes)
}

// Sooner means that the turn met a limit after a wait at which it could have been cut. Next returns
// it; the turn must be made again, and cut there.
type Sooner struct {
	Wait uint64 // the argument for Cut
}

func (e *Sooner) Error() string { return "the turn met a limit and is made again, cut at a wait" }

// Cut makes the next turn end at the wait with this number, counting the waits that could go on at
// once.
func (m *Machine) Cut(wait uint64) { m.cutAt = wait }

// sooner returns a Sooner if the turn just made should have been cut.
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
