package fsm

import (
	"encoding/binary"
	"maps"

	"aion.dev/aion/fsm/history"
)

// The closed index lists the closed runs of each type in the order in which they closed: what
// retention deletes first stands first.

func closedPrefix(typ string) []byte { return append(append(key(keyClosed), typ...), 0) }
func closedKey(typ string, at history.Time, serial uint64) []byte {
	return u64(u64(closedPrefix(typ), uint64(at)), serial)
}

// projectClosed lists r as closed when it is, and takes it off the list when it was reopened.
func (t *step) projectClosed(r *row) {
	at := r.Run.ClosedAt
	if r.Run.Status.Open() {
		at = 0
	}
	if at == r.Closed {
		return
	}
	if r.Closed != 0 {
		t.del(closedKey(r.Run.Type, r.Closed, r.Serial))
	}
	if at != 0 {
		t.put(closedKey(r.Run.Type, at, r.Serial), r.Run.RunID[:])
	}
	r.Closed = at
}

// closedFronts are times before which no run of a type is listed as closed. Retention takes rows
// from the front, and a deleted row leaves a mark that readers step over until the database
// compacts, as in the queues; runs close at the end of the list, so a front never goes back. It
// lives in memory only and changes no answer, only how fast it comes.
//
// So it is with the runs themselves: those that started first are mostly deleted first.
type closedFronts struct {
	from   map[string]history.Time // by type; pictures share it, so it is never changed in place
	taken  map[string]int          // rows deleted since from was moved
	worn   []string                // types of which so many were that from is to be moved
	oldest uint64                  // no run has a serial below it
	purged int                     // runs deleted since oldest was moved
}

func newClosedFronts() closedFronts {
	return closedFronts{from: map[string]history.Time{}, taken: map[string]int{}, oldest: 1}
}

// took notes that a closed run is deleted.
func (f *closedFronts) took(r *row) {
	if f.taken[r.Run.Type]++; f.taken[r.Run.Type] == maxTaken+1 {
		f.worn = append(f.worn, r.Run.Type)
	}
	f.purged++
}

// advance moves the fronts from which enough rows went.
func (f *closedFronts) advance(s *State) error {
	if f.purged > maxTaken {
		f.purged = 0
		oldest := s.meta.Serial + 1
		err := scan(s.db, rowKey(f.oldest), key(keyRow+1), func(k, _ []byte) bool {
			oldest = readU64(k[1:])
			return false
		})
		if err != nil {
			return err
		}
		f.oldest = oldest
	}
	if len(f.worn) == 0 {
		return nil
	}
	moved := map[string]history.Time{}
	for _, typ := range f.worn {
		to := s.meta.Now // whatever closes from now on stands behind
		err := scan(s.db, closedKey(typ, f.from[typ], 0), after(closedPrefix(typ)), func(k, _ []byte) bool {
			to = closedAt(k)
			return false
		})
		if err != nil {
			return err
		}
		moved[typ] = to
	}
	f.worn = f.worn[:0]
	f.from = maps.Clone(f.from)
	for typ, to := range moved { // any order: as above
		f.from[typ] = to
		delete(f.taken, typ)
	}
	return nil
}

// closedAt reads the time from a key.
func closedAt(k []byte) history.Time {
	return history.Time(binary.BigEndian.Uint64(k[len(k)-16:]))
}

// eachClosed calls f with the runs of a type that closed at from or later and before end, in that
// order, until f returns false.
func (p *picture) eachClosed(typ string, from, end history.Time, f func(at history.Time, serial uint64, id history.RunID) bool) {
	first := closedKey(typ, max(from, p.fronts[typ]), 0)
	p.scan(first, closedKey(typ, max(end, 0), 0), func(k, b []byte) bool {
		return f(closedAt(k), readU64(k[len(k)-8:]), history.RunID(b))
	})
}
