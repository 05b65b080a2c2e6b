package fsm

import (
	"maps"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// The closed index lists the closed runs of each type in the order in which they closed: what
// retention deletes first stands first.

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
		t.Del(rows.ClosedKey(r.Run.Type, r.Closed, r.Serial))
	}
	if at != 0 {
		t.Put(rows.ClosedKey(r.Run.Type, at, r.Serial), r.Run.RunID[:])
	}
	r.Closed = at
}

// unlistClosed takes a run that is deleted off the list.
func (t *step) unlistClosed(r *row) {
	t.Del(rows.ClosedKey(r.Run.Type, r.Closed, r.Serial))
	t.s.fronts.took(r)
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
	worn   []string                // types that lost so many rows that from has to move
	oldest uint64                  // no run has a serial below it
	purged int                     // runs deleted since oldest was moved
}

// maxTaken is how many deleted rows a reader may have to step over.
const maxTaken = 250

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
		err := s.db.Scan(rows.RunKey(f.oldest), rows.Key(rows.FamilyRun+1), func(k, _ []byte) bool {
			oldest = rows.U64(k[1:])
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
		err := s.db.Scan(rows.ClosedKey(typ, f.from[typ], 0), rows.After(rows.ClosedPrefix(typ)), func(k, _ []byte) bool {
			to = rows.ClosedAt(k)
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

// eachClosed calls f with the runs of a type that closed at from or later and before end, in that
// order, until f returns false.
func (p *picture) eachClosed(typ string, from, end history.Time, f func(at history.Time, serial uint64, id history.RunID) bool) {
	first := rows.ClosedKey(typ, max(from, p.fronts[typ]), 0)
	p.Scan(first, rows.ClosedKey(typ, max(end, 0), 0), func(k, b []byte) bool {
		return f(rows.ClosedAt(k), rows.U64(k[len(k)-8:]), history.RunID(b))
	})
}
