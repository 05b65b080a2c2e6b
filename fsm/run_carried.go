package fsm

import (
	"encoding/binary"
	"fmt"

	"aion.dev/aion/fsm/history"
	"github.com/cockroachdb/pebble/v2"
)

// A run that continues another takes over the signals which that one had not read. They are not
// copied: one row of the new history stands for all of them, at the seq of the last, and names the
// rows in which they were stored when they were received, be it ten runs ago. So going on costs the
// same whatever the mailbox holds. Readers of histories see the signals themselves.
// run_purge_history.go keeps the rows for as long as a history shows them.

// carriedMark is the first byte of such a row: no event has that type.
const carriedMark = 0xff

// carried stands for the signals that a run took over: carriedMark, the time (8 bytes), then
// serial, first seq and count of each stretch as uvarints.
type carried struct {
	at   history.Time
	list []stretch
}

// stretch is some events of one history that follow each other, as they are stored there. In a
// carried row, and in a whole history, stretches rise.
type stretch struct{ serial, first, count uint64 }

// carriedUse is what a run took over.
type carriedUse struct {
	From  history.RunID `cbor:"1,keyasint,omitzero"`  // the run that it continues, which is deleted before it
	Ends  []uint64      `cbor:"2,keyasint,omitempty"` // seqs of the rows that stand for signals
	Count uint64        `cbor:"3,keyasint,omitempty"` // signals
	Bytes uint64        `cbor:"4,keyasint,omitempty"` // of them, as they are stored
}

func (s stretch) end() uint64 { return s.first + s.count }

func (s stretch) before(o stretch) bool {
	return s.serial < o.serial || s.serial == o.serial && s.first < o.first
}

// add appends a stretch, which may go on where the last one ended.
func (c *carried) add(s stretch) {
	if n := len(c.list); n > 0 && c.list[n-1].serial == s.serial && c.list[n-1].end() == s.first {
		c.list[n-1].count += s.count
	} else if s.count > 0 {
		c.list = append(c.list, s)
	}
}

func (c *carried) count() uint64 { return events(c.list) }

// events counts what stretches hold.
func events(list []stretch) (n uint64) {
	for _, s := range list {
		n += s.count
	}
	return n
}

func (c *carried) encode() []byte {
	b := u64(append(make([]byte, 0, 9+10*len(c.list)), carriedMark), uint64(c.at))
	for _, s := range c.list {
		b = binary.AppendUvarint(binary.AppendUvarint(binary.AppendUvarint(b, s.serial), s.first), s.count)
	}
	return b
}

func decodeCarried(b []byte) (c carried, err error) {
	if len(b) < 9 || b[0] != carriedMark {
		return c, fmt.Errorf("%d bytes are no row of carried signals", len(b))
	}
	c.at, b = history.Time(readU64(b[1:])), b[9:]
	for len(b) > 0 {
		var f [3]uint64
		for i := range f {
			n, w := binary.Uvarint(b)
			if w <= 0 {
				return c, fmt.Errorf("row of carried signals ends within stretch %d", len(c.list))
			}
			f[i], b = n, b[w:]
		}
		c.list = append(c.list, stretch{f[0], f[1], f[2]})
	}
	return c, nil
}

// eachEvent calls f with the events of a history from seq from on, and the bytes that each takes
// where it is stored, until f returns false.
func eachEvent(src pebble.Reader, serial, from uint64, f func(e history.Event, size int) bool) error {
	var bad error
	err := scan(src, eventKey(serial, from), numberKey(keyEvent, serial+1), func(k, b []byte) (more bool) {
		var e history.Event
		if b[0] != carriedMark {
			if e, bad = history.DecodeEvent(b); bad != nil {
				bad = fmt.Errorf("row %x: %w", k, bad)
				return false
			}
			return f(e, len(b))
		}
		c, err := decodeCarried(b)
		if err != nil {
			bad = fmt.Errorf("row %x: %w", k, err)
			return false
		}
		seq := readU64(k[9:]) - c.count()
		more = true
		bad = eachStored(src, c.list, from-min(from, seq+1), func(b []byte) bool {
			if seq = max(seq+1, from); more {
				e, err = history.DecodeEvent(b)
				e.Seq, e.At = seq, c.at
				more = err == nil && f(e, len(b))
			}
			return more
		})
		if bad == nil && err != nil {
			bad = fmt.Errorf("row %x: %w", k, err)
		}
		return more && bad == nil
	})
	if err == nil {
		err = bad
	}
	return err
}

// eachStored calls f with the stored events of the stretches, but for the first skip, until f
// returns false.
func eachStored(src pebble.Reader, list []stretch, skip uint64, f func(b []byte) bool) error {
	it, err := src.NewIter(&pebble.IterOptions{LowerBound: key(keyEvent), UpperBound: key(keyEvent + 1)})
	if err != nil {
		return fmt.Errorf("read carried signals: %w", err)
	}
	defer it.Close()
	for _, s := range list {
		if skip >= s.count {
			skip -= s.count
			continue
		}
		seq := s.first + skip
		skip = 0
		for ok := it.SeekGE(eventKey(s.serial, seq)); seq < s.end(); ok = it.Next() {
			if !ok || string(it.Key()) != string(eventKey(s.serial, seq)) {
				if err := it.Error(); err != nil {
					return fmt.Errorf("read carried signals: %w", err)
				}
				return fmt.Errorf("carried signal %x is not stored", eventKey(s.serial, seq))
			}
			if !f(it.Value()) {
				return nil
			}
			seq++
		}
	}
	return nil
}
