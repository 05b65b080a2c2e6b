package replay

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// A message whose name code handles is handed out by Next, while the code waits. Messages and waits
// that are over go on in the order in which they came: each has a place, and the lowest goes first.

// Handle implements runtime.Host.
func (l *ledger) Handle(kind runtime.MessageKind, name string) error {
	if err := l.writable(); err != nil {
		return err
	}
	mail, what := &l.mail, "signal"
	if kind == runtime.Update {
		mail, what = &l.updates, "update"
	}
	if err := checkName(what, name); err != nil {
		return err
	}
	box := mail.box(name)
	if box.handled {
		return nil
	}
	if box.dropResolved(); len(box.waits) > 0 {
		return fmt.Errorf("code waits for signals %s already: handle them or wait for them", catalog.Quote(name))
	}
	box.handled = true
	mail.handled = append(mail.handled, box)
	return nil
}

// oldest returns the handled mailbox whose first letter came before those of the others; nil = they
// are empty.
func (m *mail) oldest() (oldest *mailbox) {
	for _, box := range m.handled {
		if len(box.letters) > 0 && (oldest == nil || box.letters[0].place < oldest.letters[0].place) {
			oldest = box
		}
	}
	return oldest
}

// Next implements runtime.Host.
func (l *ledger) Next(room bool) (next runtime.Next, err error) {
	if l.book.mismatch != nil {
		return next, errStop
	}
	w, first := l.waits.over(), !l.book.woken
	l.book.woken = true
	var box *mailbox
	kind := runtime.Signal
	if room {
		box = l.mail.oldest()
		if update := l.updates.oldest(); update != nil && (box == nil || update.letters[0].place < box.letters[0].place) {
			box, kind = update, runtime.Update
		}
	}
	switch {
	case w == nil && box == nil && (!first || l.waits.open == 0):
		return next, nil
	case w == nil && box == nil: // it tells what stops the turn, and goes on with what the one before had no room for
		return runtime.Next{Wait: l.waits.oldest.ids}, nil
	case !first:
		if err := l.endIfShareUsed(new(bool)); err != nil {
			return next, err
		}
	}
	if w != nil && (box == nil || w.place < box.letters[0].place) {
		return runtime.Next{Wait: w.ids}, nil
	}
	in := box.take()
	l.held -= uint64(len(in.payload)) + 32
	if kind == runtime.Signal {
		l.consumed++
	}
	return runtime.Next{Message: &runtime.Message{Kind: kind, Name: box.name, Payload: in.payload, UpdateID: in.id}}, nil
}

// Answer implements runtime.Host. A result that passes a limit becomes the error that says so: the
// sender's wish must not fail the run.
func (l *ledger) Answer(updateID string, result history.Payload, failed *history.RunError) error {
	if err := l.writable(); err != nil {
		return err
	}
	if err := l.checkRoom(&history.UpdateCompleted{Result: result, Error: failed}); err != nil {
		return err
	}
	if failed == nil {
		failed = l.handOut("result of the update", result)
	}
	d := &history.UpdateCompleted{UpdateID: updateID, Result: result}
	if failed != nil {
		short := clip(*failed)
		d.Result, d.Error = nil, &short
	}
	return l.request(d)
}

// StartCondition implements runtime.Host.
func (l *ledger) StartCondition(timeout *history.Duration) (uint64, error) {
	if err := l.writable(); err != nil {
		return 0, err
	}
	if timeout != nil {
		if err := checkDuration("timeout", *timeout); err != nil {
			return 0, err
		}
		if err := l.checkRoom(&history.TimerStarted{}); err != nil {
			return 0, err
		}
	}
	f, err := l.start(condition, "")
	if err != nil {
		return 0, err
	}
	if timeout == nil {
		return f.id, nil
	}
	f.timed = true
	return f.id, l.request(&history.TimerStarted{ID: f.id, Duration: *timeout})
}

// Fulfil implements runtime.Host.
func (l *ledger) Fulfil(id uint64) error {
	f := l.find(id)
	if f == nil || f.kind != condition {
		return fmt.Errorf("future %d is no condition of this run", id)
	}
	if err := l.writable(); err != nil || f.Done {
		return err
	}
	if f.timed {
		if err := l.checkRoom(&history.TimerCancelled{}); err != nil {
			return err
		}
	}
	l.resolve(f, runtime.Future{})
	if f.timed {
		return l.ask(&history.TimerCancelled{ID: f.id})
	}
	return nil
}

// Check implements runtime.Host.
func (l *ledger) Check(f func()) {
	l.checking = true
	defer func() { l.checking = false }()
	f()
}
