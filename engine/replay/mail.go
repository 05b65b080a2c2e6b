package replay

import (
	"cmp"
	"slices"

	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// letter is a signal that has arrived.
type letter struct {
	seq     uint64
	payload history.Payload
}

// mailbox holds the signals of one name that no wait has taken, or the waits that no signal has
// come for: never both.
type mailbox struct {
	letters []letter
	waits   []*future // some may be resolved already
}

// mail is a run's mailboxes.
type mail struct {
	boxes []*mailbox // in order of first use
	index map[string]*mailbox
}

func (m *mail) box(name string) *mailbox {
	box := m.index[name]
	if box == nil {
		if m.index == nil {
			m.index = make(map[string]*mailbox)
		}
		box = new(mailbox)
		m.index[name] = box
		m.boxes = append(m.boxes, box)
	}
	return box
}

// unread lists the seqs of the signals that no wait has taken.
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

// drop forgets resolved waits at the head of the line.
func (b *mailbox) drop() {
	for len(b.waits) > 0 && b.waits[0].Done {
		b.waits[0] = nil
		b.waits = b.waits[1:]
	}
}

// receive hands a signal to the wait that is first in line, or keeps it.
func (l *ledger) receive(in letter, name string) {
	box := l.mail.box(name)
	box.drop()
	if len(box.waits) == 0 {
		box.letters = append(box.letters, in)
		l.held += uint64(len(in.payload)) + 32
		return
	}
	f := box.waits[0]
	l.take(f, in)
	box.drop()
	if f.timed {
		l.ask(&history.TimerCancelled{ID: f.id}) // a mismatch is reported by the turn
	}
}

func (l *ledger) take(f *future, in letter) {
	l.consumed++
	f.took = in.seq
	l.resolve(f, runtime.Future{Result: in.payload})
}

// putBack takes back, from waits of which code has not been told yet how they stand, the signals
// that came after the request to cancel: had code blocked there when the request came, it would
// have been cancelled.
func (l *ledger) putBack(ids []uint64) {
	for _, id := range ids {
		f := l.find(id)
		if f == nil || !f.Done || f.looked || f.kind != signal || f.took <= l.cancel.seq {
			continue
		}
		box, in := l.mail.box(f.name), letter{seq: f.took, payload: f.Result}
		at, _ := slices.BinarySearchFunc(box.letters, in, func(a, b letter) int { return cmp.Compare(a.seq, b.seq) })
		box.letters = slices.Insert(box.letters, at, in)
		l.held += 32
		l.consumed--
		l.pending[signal]++
		f.Future, f.took = runtime.Future{}, 0
	}
}

// StartSignal implements runtime.Host. A signal that is already there resolves the wait at once,
// and no timer is armed.
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
	if len(box.letters) == 0 && timeout != nil {
		if err := l.full(&history.TimerStarted{}); err != nil {
			return 0, err
		}
	}
	f, err := l.start(signal, name)
	if err != nil {
		return 0, err
	}
	if len(box.letters) > 0 {
		l.held -= uint64(len(box.letters[0].payload)) + 32
		l.take(f, box.letters[0])
		box.letters[0] = letter{}
		box.letters = box.letters[1:]
		return f.id, nil
	}
	box.drop()
	box.waits = append(box.waits, f)
	if timeout != nil {
		f.timed = true
		return f.id, l.request(&history.TimerStarted{ID: f.id, Duration: *timeout, Signal: name})
	}
	return f.id, nil
}
