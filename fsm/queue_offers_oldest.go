package fsm

import (
	"bytes"
	"encoding/binary"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// lanesLookedAt bounds what one look for the oldest offer of a queue costs.
const lanesLookedAt = 1000

// OldestOffer implements View.
func (p *picture) OldestOffer(queue string) (at history.Time, ok bool) {
	lanes := binary.BigEndian.AppendUint16(rows.Key(rows.FamilyLane), uint16(len(queue)))
	lanes = append(lanes, queue...)
	looked := 0
	p.Scan(lanes, rows.Key(rows.FamilyLane+1), func(k, v []byte) bool {
		var l rows.Lane
		if !bytes.HasPrefix(k, lanes) || looked == lanesLookedAt || !p.row(v, &l) {
			return false
		}
		looked++
		if offered, there := p.firstOffer(k, l.From); there && (!ok || offered < at) {
			at, ok = offered, true
		}
		return true
	})
	return at, ok
}

// firstOffer is when the oldest task of a lane was offered.
func (p *picture) firstOffer(laneRow []byte, from rows.Place) (at history.Time, ok bool) {
	offers := append(rows.Key(rows.FamilyOffer), laneRow[1:]...)
	p.Scan(from.Key(offers), rows.Key(rows.FamilyOffer+1), func(k, v []byte) bool {
		if !bytes.HasPrefix(k, offers) || len(v) != 24 {
			return false
		}
		task, there := p.Task(history.RunID(v[:16]), binary.BigEndian.Uint64(v[16:]))
		at, ok = task.OfferedAt, there
		return false
	})
	return at, ok
}
