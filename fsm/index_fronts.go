package fsm

import (
	"bytes"
	"errors"

	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// Rows of the ready, timer and fire indexes are taken from the front. A database keeps a mark for
// each deleted row until it compacts, and finding the first row left would step over all of them:
// after a million timers have fired, 100 ms for "when is the next?". So their fronts are
// remembered.
type queues struct {
	ready, timers, fires front
}

func newQueues() queues {
	return queues{ready: newFront(rows.FamilyReady), timers: newFront(rows.FamilyTimer), fires: newFront(rows.FamilyFire)}
}

// front is a key below which a family has no rows. It lives in memory only and changes no answer,
// only how fast it comes.
type front struct {
	family byte
	from   []byte
	taken  int // rows deleted since from was moved
}

// maxTaken is how many deleted rows a reader may have to step over.
const maxTaken = 250

func newFront(family byte) front { return front{family: family, from: rows.Key(family)} }

// placed notes a new row, which may be before the front.
func (f *front) placed(k []byte) {
	if bytes.Compare(k, f.from) < 0 {
		f.from = k
	}
}

// took notes a deleted row.
func (f *front) took() { f.taken++ }

// findFirst moves the front to the first row.
func (f *front) findFirst(db store.Reader) error {
	end := rows.Key(f.family + 1)
	first := end
	err := db.Scan(f.from, end, func(k, _ []byte) bool {
		first = append([]byte(nil), k...)
		return false
	})
	if err == nil {
		f.from, f.taken = first, 0
	}
	return err
}

// advance moves the fronts when enough rows went.
func (q *queues) advance(db store.Reader) error {
	for _, f := range []*front{&q.ready, &q.timers, &q.fires} {
		if f.taken > maxTaken {
			if err := f.findFirst(db); err != nil {
				return err
			}
		}
	}
	return nil
}

// findFirsts moves all fronts to their first rows.
func (q *queues) findFirsts(db store.Reader) error {
	return errors.Join(q.ready.findFirst(db), q.timers.findFirst(db), q.fires.findFirst(db))
}
