package fsm

import (
	"fmt"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// A run that continues another takes over the signals which that one had not read. They are not
// copied: one row of the new history stands for all of them, at the seq of the last, and names the
// rows in which they were stored when they were received, be it ten runs ago. So going on costs the
// same whatever the mailbox holds. Readers of histories see the signals themselves.
// run_purge_history.go keeps the rows for as long as a history shows them.

// eachEvent calls f with the events of a history from seq from on, and the bytes that each takes
// where it is stored, until f returns false.
func eachEvent(src store.Reader, serial, from uint64, f func(e history.Event, size int) bool) error {
	var bad error
	err := src.Scan(rows.EventKey(serial, from), rows.NumberKey(rows.FamilyEvent, serial+1), func(k, b []byte) (more bool) {
		var e history.Event
		if b[0] != rows.CarriedMark {
			if e, bad = history.DecodeEvent(b); bad != nil {
				bad = fmt.Errorf("row %x: %w", k, bad)
				return false
			}
			return f(e, len(b))
		}
		c, err := rows.DecodeCarried(b)
		if err != nil {
			bad = fmt.Errorf("row %x: %w", k, err)
			return false
		}
		seq := rows.U64(k[9:]) - c.Count()
		more = true
		bad = eachStored(src, c.List, from-min(from, seq+1), func(b []byte) bool {
			if seq = max(seq+1, from); more {
				e, err = history.DecodeEvent(b)
				e.Seq, e.At = seq, c.At
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
func eachStored(src store.Reader, list []rows.Stretch, skip uint64, f func(b []byte) bool) error {
	it, err := src.Iter(rows.Key(rows.FamilyEvent), rows.Key(rows.FamilyEvent+1))
	if err != nil {
		return fmt.Errorf("read carried signals: %w", err)
	}
	defer it.Close()
	for _, s := range list {
		if skip >= s.Count {
			skip -= s.Count
			continue
		}
		seq := s.First + skip
		skip = 0
		for ok := it.SeekGE(rows.EventKey(s.Serial, seq)); seq < s.End(); ok = it.Next() {
			if !ok || string(it.Key()) != string(rows.EventKey(s.Serial, seq)) {
				if err := it.Error(); err != nil {
					return fmt.Errorf("read carried signals: %w", err)
				}
				return fmt.Errorf("carried signal %x is not stored", rows.EventKey(s.Serial, seq))
			}
			if !f(it.Value()) {
				return nil
			}
			seq++
		}
	}
	return nil
}
