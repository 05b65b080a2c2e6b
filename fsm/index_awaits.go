package fsm

import (
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// The index of awaits lists, for each run, the workflows whose results it waits for, and for each
// run that is waited for the line of those who wait. A line belongs to the newest of the runs that
// go on from each other: handing it on costs nothing, however long it is.

// join puts a wait of r into the line of another run.
func (t *step) join(r, of *row, id uint64) {
	t.unjoin(r, id)
	if of.Line == 0 {
		of.Line = of.Serial
		t.touch(of)
	}
	t.Put(rows.AwaitKey(r.Serial, id), rows.AppendU64(nil, of.Line))
	t.Put(rows.PlaceInLineKey(of.Line, r.Serial, id), nil)
	r.Awaits++
	t.touch(r)
}

// unjoin takes a wait of r out of its line, if it stands in one.
func (t *step) unjoin(r *row, id uint64) {
	if r.Awaits == 0 {
		return
	}
	b := t.Get(rows.AwaitKey(r.Serial, id))
	if b == nil {
		return
	}
	t.Del(rows.PlaceInLineKey(rows.U64(b), r.Serial, id))
	t.Del(rows.AwaitKey(r.Serial, id))
	r.Awaits--
	t.touch(r)
}

// handLine lets those who wait for r wait for the run that goes on from it.
func (t *step) handLine(r, next *row) {
	if r.Line == 0 {
		return
	}
	next.Line, r.Line = r.Line, 0
	t.touch(r)
	t.touch(next)
}

// awaitedIDs returns the ordinals of the first n waits of a run.
func (t *step) awaitedIDs(r *row, n uint64) (ids []uint64) {
	if r.Awaits == 0 {
		return nil
	}
	mine := rows.AwaitPrefix(r.Serial)
	t.Scan(mine, rows.After(mine), func(k, _ []byte) bool {
		if uint64(len(ids)) == n {
			return false
		}
		ids = append(ids, rows.U64(k[len(mine):]))
		return true
	})
	return ids
}

// Awaiter is a run that waits for the result of another one, and the ordinal under which it does.
type Awaiter struct {
	RunID history.RunID
	ID    uint64
}

// placeInLine is a place in a line: the serial of the run that waits, and the ordinal there.
type placeInLine struct{ serial, id uint64 }

// inLine returns the first n places of a line.
func (t *step) inLine(line uint64, n int) (places []placeInLine) {
	first := rows.LinePrefix(line)
	t.Scan(first, rows.After(first), func(k, _ []byte) bool {
		places = append(places, placeInLine{rows.U64(k[len(first):]), rows.U64(k[len(first)+8:])})
		return len(places) < n
	})
	return places
}

// Awaits implements View.
func (p *picture) Awaits(run history.RunID) (ids []uint64) {
	serial, ok := p.serial(run)
	if !ok {
		return nil
	}
	mine := rows.AwaitPrefix(serial)
	p.Scan(mine, rows.After(mine), func(k, _ []byte) bool {
		ids = append(ids, rows.U64(k[len(mine):]))
		return true
	})
	return ids
}

// Awaiters implements View.
func (p *picture) Awaiters(run history.RunID) (list []Awaiter) {
	serial, ok := p.serial(run)
	if !ok {
		return nil
	}
	r := p.runAt(serial)
	if r == nil || r.Line == 0 {
		return nil
	}
	first := rows.LinePrefix(r.Line)
	p.Scan(first, rows.After(first), func(k, _ []byte) bool {
		if waiter := p.runAt(rows.U64(k[len(first):])); waiter != nil {
			list = append(list, Awaiter{RunID: waiter.Run.RunID, ID: rows.U64(k[len(first)+8:])})
		}
		return true
	})
	return list
}
