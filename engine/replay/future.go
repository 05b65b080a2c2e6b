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
	kinds
)

var kindNames = [kinds]string{"timer", "signal", "child", "activity"}

// future is something that code started: done when it has an outcome.
type future struct {
	runtime.Future
	id    uint64
	kind  kind
	name  string // of the signal, the activity, the child's workflow id
	timed bool   // a signal wait that has armed a timer
	took  uint64 // seq of the signal that a wait has taken
	alone bool   // a child that is to be left alone when its parent closes, and so when its parent is cancelled
	place uint64 // among resolved futures, from 1: what race goes by

	// While code waits for it.
	wait  *wait
	at    int // first position there
	times int // how often it is there

	// For those who reopen the run.
	seq    uint64 // of the event that asked for it, once that is recorded; 0 = there is none
	failed bool   // the outcome came from outside and is a failure
	looked bool   // code could have told that there is an outcome
}

// start gives out the next ordinal.
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

// find returns the future that an event or the code names, nil if there is none.
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

// resolve gives f its one outcome.
func (l *ledger) resolve(f *future, outcome runtime.Future) {
	outcome.Done = true
	f.Future = outcome
	l.resolved++
	f.place = l.resolved
	l.pending[f.kind]--
	l.held += uint64(len(outcome.Result))
	if f.wait != nil && f.wait == l.wait {
		f.wait.resolved(f)
	}
	f.wait = nil
}

// giveUp resolves f with err and asks for whatever it has running to be ended.
func (l *ledger) giveUp(f *future, err *history.RunError) error {
	if f.kind != signal || f.timed {
		if err := l.full(&history.TimerCancelled{}); err != nil {
			return err
		}
	}
	l.resolve(f, runtime.Future{Error: err})
	switch {
	case f.kind == timer, f.kind == signal && f.timed:
		return l.ask(&history.TimerCancelled{ID: f.id})
	case f.kind == child:
		return l.ask(&history.ChildWorkflowCancelled{ID: f.id, Asked: true})
	case f.kind == activity:
		return l.ask(&history.ActivityCancelled{ID: f.id})
	}
	return nil
}
