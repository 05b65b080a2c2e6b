package replay

import (
	"errors"
	"fmt"

	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// cancellation is the request to cancel the run, which is delivered once.
//
// Delivery ends what is pending: timers, waits for messages, and steps that are to be abandoned, at
// once; other steps are asked to end and waited for, or left alone (history.CancelPolicy), and so
// are waits that code has shielded. So code
// may go on without having noticed, because the step that it waited for was completed all the same.
// The request must not be lost with that: it stays due, and what code starts next is cancelled too,
// until code knows of it, because a wait has ended with it or because code has asked.
type cancellation struct {
	requested bool
	seq       uint64 // seq of the request
	reason    string
	delivered bool              // to code, which knows of it; by rules below 3: to all that was pending
	err       *history.RunError // what waits end with; its identity shows that code let it through

	unheard bool // when code began to wait for its handlers, to continue as new, nobody knew of it

	halfway bool // delivery has begun, and the turn had no room for all of it
	swept   int  // the futures up to this one have heard of it, from rules 3 on
	ended   bool // it has ended something at once
}

// CancelRequested implements runtime.Host.
func (l *ledger) CancelRequested() bool { return l.cancel.requested }

// Cancelled implements runtime.Host.
func (l *ledger) Cancelled() (bool, error) {
	c := &l.cancel
	if !c.requested || c.delivered || l.book.rules < 3 || l.reading || l.checking {
		return c.requested, nil
	}
	if err := l.deliverCancel(); err != nil {
		return false, err
	}
	c.delivered = true
	return true, nil
}

// learn notes whether a wait that is over has told code of the request to cancel.
func (l *ledger) learn(ids []uint64, a runtime.Awaited) {
	c := &l.cancel
	if !c.requested || c.delivered || l.book.rules < 3 {
		return
	}
	if a.At >= 0 {
		ids = ids[a.At : a.At+1]
	}
	for _, id := range ids {
		c.delivered = c.delivered || l.endsCancelled(l.find(id).Error)
	}
}

// kindLost is the kind of an attempt whose worker fell silent: nobody knows whether it was done.
const kindLost = "lease_lost"

// endsCancelled reports whether code that lets an error through ends as cancelled: it is that of
// the cancellation, or of a step that had to end with the run and whose worker was lost. Another
// failure of such a step is the run's.
func (l *ledger) endsCancelled(cause *history.RunError) bool {
	if cause == nil || cause == l.cancel.err {
		return cause != nil
	}
	if cause.Kind != kindLost {
		return false
	}
	for _, f := range l.futures {
		if f.byRun && f.Error == cause {
			return true
		}
	}
	return false
}

// cancelDue reports whether a request to cancel waits for delivery, under rules that respect its
// place among the events.
func (l *ledger) cancelDue() bool {
	return l.book.rules >= 1 && l.cancel.requested && !l.cancel.delivered
}

// interrupt delivers a request to cancel that the turn has just seen, to code that is blocked and
// would stay blocked. Later events of the turn do not undo it. If the turn has no room for all of
// it, delivery continues when the code is resumed.
func (l *ledger) interrupt() error {
	if !l.cancelDue() || l.waits.open == 0 || l.waits.over() != nil || l.mail.oldest() != nil || l.updates.oldest() != nil {
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

// Shield implements runtime.Host.
func (l *ledger) Shield(id uint64) error {
	f := l.find(id)
	if f == nil {
		return fmt.Errorf("future %d is not of this run", id)
	}
	if l.book.rules < 5 {
		return errors.New("shielding a wait from cancellation is not known yet to all nodes: the cluster is being upgraded")
	}
	f.shielded = true
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
	if err := l.end(f, &history.RunError{Kind: history.KindCancelled, Message: "cancelled by the workflow's own code"}); err != nil {
		return err
	}
	f.byCode = true
	return nil
}

// deliverCancel ends what is pending, in the order in which it was started. If the turn has no room
// for all of it, the turn is cut and the next one continues. Futures that have heard of it are
// passed over when it is delivered again.
func (l *ledger) deliverCancel() error {
	c := &l.cancel
	if c.err == nil {
		c.err = &history.RunError{Kind: history.KindCancelled, Message: "cancellation was requested"}
		if c.reason != "" {
			c.err.Message += ": " + c.reason
		}
	}
	c.halfway = true
	if l.book.rules < 3 {
		c.swept = 0
	}
	for ; c.swept < len(l.futures); c.swept++ {
		f := l.futures[c.swept]
		if f.Done {
			f.looked = true // otherwise it would be given up too
			continue
		}
		if f.shielded {
			continue
		}
		if f.alone && l.book.rules >= 1 && f.onCancel != history.CancelIgnore { // only the wait for it ends
			l.resolve(f, runtime.Future{Error: c.err})
		} else if err := l.end(f, c.err); err != nil {
			return err
		}
		f.byRun = !f.Done && f.asked
		c.ended = c.ended || f.Done
	}
	c.halfway = false
	if l.book.rules < 3 {
		c.delivered = true
	}
	return nil
}

// forgettable reports whether a reopening takes the request back: turns have seen it, but code does
// not know of it, and all that it has done is to ask steps to end that then did.
func (c *cancellation) forgettable() bool { return c.requested && !c.delivered && !c.ended }

// forgetCancel takes a request to cancel back that was forgettable when the run was reopened.
func (l *ledger) forgetCancel() {
	l.cancel = cancellation{}
	for _, f := range l.futures {
		if f.byRun = false; !f.Done {
			f.asked = f.asked && f.byCode
		}
	}
}
