package fsm

import (
	"bytes"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// Past reads the histories of many runs, one after the other, at a fraction of what View.Events and
// View.Turns cost for each: least for runs in the order in which they started, whose rows lie side
// by side. It is for one goroutine, and closed before its View ends.
type Past struct {
	p                   *picture
	serial              uint64
	runs, events, turns store.Iter
	eventsAt, turnsAt   []byte // the iterator stands at the first row from here on; nil = anywhere
}

// seek moves an iterator to the first row from key on, if it is not there already.
func seek(it store.Iter, at, key []byte) bool {
	if at != nil && bytes.Compare(key, at) >= 0 && it.Valid() && bytes.Compare(it.Key(), key) >= 0 {
		return true
	}
	return it.SeekGE(key)
}

// Past implements View.
func (p *picture) Past() *Past {
	past := &Past{p: p}
	for _, part := range []struct {
		it     *store.Iter
		family byte
	}{{&past.runs, rows.FamilyRunID}, {&past.events, rows.FamilyEvent}, {&past.turns, rows.FamilyTurn}} {
		it, err := p.snap.Iter(rows.Key(part.family), rows.Key(part.family+1))
		p.s.fail(err)
		*part.it = it
	}
	return past
}

// Close ends the reading.
func (h *Past) Close() {
	for _, it := range []store.Iter{h.runs, h.events, h.turns} {
		if it.Iterator != nil {
			h.p.s.fail(it.Close())
		}
	}
}

// Open turns to the history of a run; false if there is no such run.
func (h *Past) Open(id history.RunID) (ok bool) {
	if h.runs.Iterator == nil || h.events.Iterator == nil || h.turns.Iterator == nil {
		return false
	}
	key := rows.RunIDKey(id)
	if !h.runs.SeekGE(key) || !bytes.Equal(h.runs.Key(), key) {
		h.p.s.fail(h.runs.Error())
		return false
	}
	h.serial = rows.U64(h.runs.Value())
	return true
}

// Events returns the events from seq from up to and including to, as far as there are any.
func (h *Past) Events(from, to uint64) (events []history.Event) {
	if to >= from {
		events = make([]history.Event, 0, min(to-from+1, maxRows))
	}
	end := rows.NumberKey(rows.FamilyEvent, h.serial+1)
	ok := seek(h.events, h.eventsAt, rows.EventKey(h.serial, from))
	h.eventsAt = nil
	for ; ok && from <= to && bytes.Compare(h.events.Key(), end) < 0; ok = h.events.Next() {
		b := h.events.Value()
		if b[0] != rows.CarriedMark {
			e, err := history.DecodeEvent(b)
			if err != nil {
				h.p.s.fail(err)
				return nil
			}
			events = append(events, e)
			from = e.Seq + 1
			continue
		}
		h.p.s.fail(eachEvent(h.p.snap.Reader, h.serial, from, func(e history.Event, _ int) bool {
			if e.Seq > to {
				return false
			}
			events = append(events, e)
			return true
		}))
		return events
	}
	h.eventsAt = rows.EventKey(h.serial, from)
	h.p.s.fail(h.events.Error())
	return events
}

// Turns returns the turns from number from on, at most limit.
func (h *Past) Turns(from uint64, limit int) (turns []history.Turn) {
	turns = make([]history.Turn, 0, min(limit, maxRows))
	end := rows.NumberKey(rows.FamilyTurn, h.serial+1)
	ok := seek(h.turns, h.turnsAt, rows.TurnKey(h.serial, from))
	h.turnsAt = nil
	for ; ok && len(turns) < limit && bytes.Compare(h.turns.Key(), end) < 0; ok = h.turns.Next() {
		var turn history.Turn
		if !h.p.row(h.turns.Value(), &turn) {
			return nil
		}
		turns = append(turns, turn)
	}
	h.turnsAt = rows.TurnKey(h.serial, from+uint64(len(turns)))
	h.p.s.fail(h.turns.Error())
	return turns
}
