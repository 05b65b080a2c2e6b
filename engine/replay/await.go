package replay

import (
	"errors"
	"fmt"

	"aion.dev/aion/engine/history"
	"aion.dev/aion/engine/runtime"
)

// cancellation is the request to cancel the run and its one delivery.
type cancellation struct {
	requested bool
	reason    string
	delivered bool
	err       *history.RunError // what the waits then pending ended with; its identity tells that code let it through
}

// CancelRequested implements runtime.Host.
func (l *ledger) CancelRequested() bool { return l.cancel.requested }

// Future implements runtime.Host.
func (l *ledger) Future(id uint64) runtime.Future {
	if f := l.find(id); f != nil {
		return f.Future
	}
	return runtime.Future{}
}

// Await implements runtime.Host.
func (l *ledger) Await(mode runtime.Mode, ids []uint64) (runtime.Awaited, error) {
	a, err := l.look(mode, ids)
	if err != nil {
		return a, err
	}
	if !a.Done && l.reading {
		return a, runtime.ErrReadOnly
	}
	if !a.Done && l.cancel.requested && !l.cancel.delivered {
		if err := l.deliverCancel(); err != nil {
			return a, err
		}
		a, _ = l.look(mode, ids)
	}
	if !a.Done {
		l.blocked = ids
		return a, nil
	}
	if l.blocked = nil; mode == runtime.Race || mode == runtime.All && a.At >= 0 {
		return a, l.giveUpRest(ids)
	}
	return a, nil
}

// look tells how a wait stands and changes nothing.
func (l *ledger) look(mode runtime.Mode, ids []uint64) (runtime.Awaited, error) {
	if len(ids) == 0 && mode != runtime.All && mode != runtime.Settled {
		return runtime.Awaited{}, errors.New("a race needs at least one future")
	}
	done, first, failed := 0, -1, -1
	for i, id := range ids {
		f := l.find(id)
		if f == nil {
			return runtime.Awaited{}, fmt.Errorf("future %d is not of this run", id)
		}
		if !f.Done {
			continue
		}
		done++
		if first < 0 || f.place < l.find(ids[first]).place {
			first = i
		}
		if f.Failed() && (failed < 0 || f.place < l.find(ids[failed]).place) {
			failed = i
		}
	}
	switch {
	case mode == runtime.All && failed >= 0:
		return runtime.Awaited{Done: true, At: failed}, nil
	case mode == runtime.All || mode == runtime.Settled:
		return runtime.Awaited{Done: done == len(ids), At: -1}, nil
	case first >= 0:
		return runtime.Awaited{Done: true, At: first}, nil
	}
	return runtime.Awaited{At: -1}, nil
}

// giveUpRest cancels those of ids that are not resolved.
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
	if f.Done {
		return nil
	}
	if err := l.writable(); err != nil {
		return err
	}
	return l.giveUp(f, &history.RunError{Kind: history.KindCancelled, Message: "cancelled by the workflow's own code"})
}

// deliverCancel ends all waits that are pending, in the order in which they were started. It happens once.
func (l *ledger) deliverCancel() error {
	l.cancel.delivered = true
	l.cancel.err = &history.RunError{Kind: history.KindCancelled, Message: "cancellation was requested"}
	if l.cancel.reason != "" {
		l.cancel.err.Message += ": " + l.cancel.reason
	}
	for _, f := range l.futures {
		if f.Done {
			continue
		}
		if err := l.giveUp(f, l.cancel.err); err != nil {
			return err
		}
	}
	return nil
}
