package replay

import (
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

type kind uint8

const (
	timer kind = iota
	signal
	child
	activity
	condition
	result
	kinds
)

var kindNames = [kinds]string{"timer", "signal", "child", "activity", "condition", "result"}

// future is something that code has started. It is done when it has an outcome.
type future struct {
	runtime.Future
	id    uint64
	kind  kind
	name  string // of the signal or the activity; workflow id of the child, or of the workflow whose result is awaited
	timed bool   // a wait for a signal or a condition that has armed a timer
	took  uint64 // seq of the signal that the wait has consumed
	alone bool   // a child that outlives its parent's closing, and therefore its parent's cancellation

	onCancel history.CancelPolicy // of an activity or a child
	shielded bool                 // of others: the request to cancel the run does not end it
	asked    bool                 // to end, while its outcome is waited for
	byRun    bool                 // it was to end because the run is cancelled
	byCode   bool                 // it was to end because code cancelled it
	place    uint64               // position among resolved futures, from 1: decides races

	waiters []waiter // while code waits for it

	// For reopening the run:
	seq    uint64 // of the recorded event that asked for it; 0 = none yet
	failed bool   // the outcome is a failure that came from outside
	looked bool   // code could have learned that there is an outcome
}

// start assigns the next ordinal.
func (l *ledger) start(k kind, name string) (*future, error) {
	if l.book.bound && l.pending[k] >= l.limits.Pending {
		return nil, runtime.Exceeded("%d of kind %s are pending, the limit is %d", l.pending[k], kindNames[k], l.limits.Pending)
	}
	f := &future{id: uint64(len(l.futures)) + 1, kind: k, name: name}
	l.futures = append(l.futures, f)
	l.pending[k]++
	l.held += 160
	return f, nil
}

// find returns the future that an event or the code refers to, nil if there is none.
func (l *ledger) find(id uint64) *future {
	if id == 0 || id > uint64(len(l.futures)) {
		return nil
	}
	return l.futures[id-1]
}

// Future implements runtime.Host.
func (l *ledger) Future(id uint64) runtime.Future {
	if f := l.find(id); f != nil {
		f.looked = f.looked || f.Done && !l.reading
		return f.Future
	}
	return runtime.Future{}
}

// resolve sets f's only outcome.
func (l *ledger) resolve(f *future, outcome runtime.Future) {
	outcome.Done = true
	f.Future = outcome
	l.resolved++
	f.place = l.resolved
	l.pending[f.kind]--
	l.held += uint64(len(outcome.Result))
	for _, by := range f.waiters {
		if by.wait.resolved(f, by) {
			l.waits.overs = append(l.waits.overs, by.wait)
		}
	}
	f.waiters = nil
}

// giveUp resolves f with err, and asks to end whatever f has running.
func (l *ledger) giveUp(f *future, err *history.RunError) error {
	if f.running() {
		if err := l.checkRoom(&history.TimerCancelled{}); err != nil {
			return err
		}
	}
	l.resolve(f, runtime.Future{Error: err})
	switch {
	case f.kind == timer, f.timed:
		return l.ask(&history.TimerCancelled{ID: f.id})
	case f.kind == child:
		return l.ask(&history.ChildWorkflowCancelled{ID: f.id, Asked: true})
	case f.kind == result:
		return l.ask(&history.AwaitCancelled{ID: f.id})
	case f.kind == activity:
		return l.ask(&history.ActivityCancelled{ID: f.id})
	}
	return nil
}

// end ends f as its policy says, because it is to be cancelled.
func (l *ledger) end(f *future, err *history.RunError) error {
	if f.kind != child && f.kind != activity {
		return l.giveUp(f, err)
	}
	switch {
	case f.onCancel == history.CancelAbandon:
		return l.giveUp(f, err)
	case f.onCancel == history.CancelIgnore || f.asked:
		return nil
	}
	var ask history.Data = &history.ActivityCancelRequested{ID: f.id}
	if f.kind == child {
		ask = &history.ChildWorkflowCancelRequested{ID: f.id}
	}
	if err := l.checkRoom(ask); err != nil {
		return err
	}
	f.asked = true
	return l.ask(ask)
}

// policy returns what becomes of a step that is started now when it is to be cancelled. Turns of
// earlier rules knew no choice, and recorded none.
func (l *ledger) policy(p *history.CancelPolicy) history.CancelPolicy {
	if l.book.rules < 3 {
		*p = 0
		return history.CancelAbandon
	}
	return *p
}

// running reports whether something outside the code is under way for f, and must be told to end.
func (f *future) running() bool { return f.timed || f.kind != signal && f.kind != condition }
