package replay

import (
	"cmp"
	"fmt"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// letter is a received signal.
type letter struct {
	seq     uint64
	id      string // of an update
	place   uint64 // among what came and what resolved futures
	payload history.Payload
}

// mailbox holds the unconsumed signals of one name, or the waits for such a signal, never both.
type mailbox struct {
	name    string
	letters []letter
	waits   []*future // some may already be resolved
	handled bool      // code has a handler for them, and no waits
}

// take removes the first letter.
func (b *mailbox) take() letter {
	in := b.letters[0]
	b.letters[0] = letter{}
	b.letters = b.letters[1:]
	return in
}

// mail is a run's mailboxes.
type mail struct {
	boxes   []*mailbox // in order of first use
	index   map[string]*mailbox
	handled []*mailbox // those with a handler, in the order in which code said so
}

func (m *mail) box(name string) *mailbox {
	box := m.index[name]
	if box == nil {
		if m.index == nil {
			m.index = make(map[string]*mailbox)
		}
		box = &mailbox{name: name}
		m.index[name] = box
		m.boxes = append(m.boxes, box)
	}
	return box
}

// unread lists the seqs of the signals that no wait has consumed.
func (m *mail) unread() []uint64 {
	var seqs []uint64
	for _, box := range m.boxes {
		for _, letter := range box.letters {
			seqs = append(seqs, letter.seq)
		}
	}
	slices.Sort(seqs)
	return seqs
}

// dropResolved removes resolved waits from the head of the queue.
func (b *mailbox) dropResolved() {
	for len(b.waits) > 0 && b.waits[0].Done {
		b.waits[0] = nil
		b.waits = b.waits[1:]
	}
}

// receive gives a signal to the first wait in the queue, or keeps it.
func (l *ledger) receive(in letter, name string) {
	box := l.mail.box(name)
	box.dropResolved()
	l.resolved++
	in.place = l.resolved
	if len(box.waits) == 0 {
		box.letters = append(box.letters, in)
		l.held += uint64(len(in.payload)) + 32
		return
	}
	f := box.waits[0]
	l.consumeSignal(f, in)
	box.dropResolved()
	if f.timed {
		l.ask(&history.TimerCancelled{ID: f.id}) // the turn reports a mismatch
	}
}

func (l *ledger) consumeSignal(f *future, in letter) {
	l.consumed++
	f.took = in.seq
	l.resolve(f, runtime.Future{Result: in.payload})
}

// putBack undoes, for waits whose state code has not yet learned, the delivery of signals that came
// after the request to cancel: if code had been blocked there when the request came, the wait would
// have been cancelled.
func (l *ledger) putBack(ids []uint64) {
	for _, id := range ids {
		f := l.find(id)
		if f == nil || !f.Done || f.looked || f.kind != signal || f.shielded || f.took <= l.cancel.seq {
			continue
		}
		box, in := l.mail.box(f.name), letter{seq: f.took, place: f.place, payload: f.Result}
		at, _ := slices.BinarySearchFunc(box.letters, in, func(a, b letter) int { return cmp.Compare(a.seq, b.seq) })
		box.letters = slices.Insert(box.letters, at, in)
		l.held += 32
		l.consumed--
		l.pending[signal]++
		f.Future, f.took = runtime.Future{}, 0
		f.timed = f.timed && l.book.rules < 5 // its timer was cancelled when the signal came
	}
}

// StartSignal implements runtime.Host. A signal that is already there resolves the wait at once,
// without a timer.
func (l *ledger) StartSignal(name string, timeout *history.Duration) (uint64, error) {
	if err := l.writable(); err != nil {
		return 0, err
	}
	if err := checkName("signal", name); err != nil {
		return 0, err
	}
	if timeout != nil {
		if err := checkDuration("timeout", *timeout); err != nil {
			return 0, err
		}
	}
	box := l.mail.box(name)
	if box.handled {
		return 0, fmt.Errorf("signals %s are handled by on_signal: they cannot be waited for too", catalog.Quote(name))
	}
	if len(box.letters) == 0 && timeout != nil {
		if err := l.checkRoom(&history.TimerStarted{}); err != nil {
			return 0, err
		}
	}
	f, err := l.start(signal, name)
	if err != nil {
		return 0, err
	}
	if len(box.letters) > 0 {
		l.held -= uint64(len(box.letters[0].payload)) + 32
		l.consumeSignal(f, box.take())
		return f.id, nil
	}
	box.dropResolved()
	box.waits = append(box.waits, f)
	if timeout != nil {
		f.timed = true
		return f.id, l.request(&history.TimerStarted{ID: f.id, Duration: *timeout, Signal: name})
	}
	return f.id, nil
}
