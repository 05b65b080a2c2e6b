package replay

import (
	"fmt"

	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// cancellation is the request to cancel the run, which is delivered once.
type cancellation struct {
	requested bool
	seq       uint64 // seq of the request
	reason    string
	delivered bool
	err       *history.RunError // what the waits then pending ended with; its identity shows that code let it through
}

// CancelRequested implements runtime.Host.
func (l *ledger) CancelRequested() bool { return l.cancel.requested }

// cancelDue reports whether a request to cancel waits for delivery, under rules that respect its
// place among the events.
func (l *ledger) cancelDue() bool {
	return l.book.rules >= 1 && l.cancel.requested && !l.cancel.delivered
}

// interrupt delivers a request to cancel that the turn has just seen, to code that is blocked and
// would stay blocked. Later events of the turn do not undo it. If the turn has no room for all of
// it, delivery continues when the code is resumed.
func (l *ledger) interrupt() error {
	if !l.cancelDue() || len(l.waits) == 0 || l.over() != nil || l.mail.oldest() != nil || l.updates.oldest() != nil {
		return nil
	}
	if err := l.deliverCancel(); err != nil && err != runtime.ErrLater && err != errStop {
		return err
	}
	return nil
}

// giveUpRest cancels the unresolved futures among ids.
func (l *ledger) giveUpRest(ids []uint64) error {
	for _, id := range ids {
		if err := l.Cancel(id); err != nil {
			return err
		}
	}
	return nil
}

// Cancel implements runtime.Host.
func (l *ledger) Cancel(id uint64) error {
	f := l.find(id)
	if f == nil {
		return fmt.Errorf("future %d is not of this run", id)
	}
	if err := l.writable(); err != nil {
		return err
	}
	if f.Done {
		f.looked = true
		return nil
	}
	return l.giveUp(f, &history.RunError{Kind: history.KindCancelled, Message: "cancelled by the workflow's own code"})
}

// deliverCancel ends all pending waits, in the order in which they were started. It happens once;
// if the turn has no room for all of it, the turn is cut and the next one continues.
func (l *ledger) deliverCancel() error {
	if l.cancel.err == nil {
		l.cancel.err = &history.RunError{Kind: history.KindCancelled, Message: "cancellation was requested"}
		if l.cancel.reason != "" {
			l.cancel.err.Message += ": " + l.cancel.reason
		}
	}
	for _, f := range l.futures {
		if f.Done {
			f.looked = true // otherwise it would be given up too
			continue
		}
		if f.alone && l.book.rules >= 1 { // only the wait for it ends
			l.resolve(f, runtime.Future{Error: l.cancel.err})
			continue
		}
		if err := l.giveUp(f, l.cancel.err); err != nil {
			return err
		}
	}
	l.cancel.delivered = true
	return nil
}
