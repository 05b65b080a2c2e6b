package fsm

import (
	"bytes"
	"encoding/binary"

	"aion.dev/aion/fsm/history"
)

// lanesLookedAt bounds what one look for the oldest offer of a queue costs.
const lanesLookedAt = 1000

// OldestOffer implements View.
func (p *picture) OldestOffer(queue string) (at history.Time, ok bool) {
	lanes := binary.BigEndian.AppendUint16(key(keyLane), uint16(len(queue)))
	lanes = append(lanes, queue...)
	looked := 0
	p.scan(lanes, key(keyLane+1), func(k, v []byte) bool {
		var l laneRow
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
func (p *picture) firstOffer(laneRow []byte, from place) (at history.Time, ok bool) {
	offers := append(key(keyOffer), laneRow[1:]...)
	p.scan(from.key(offers), key(keyOffer+1), func(k, v []byte) bool {
		if !bytes.HasPrefix(k, offers) || len(v) != 24 {
			return false
		}
		task, there := p.Task(history.RunID(v[:16]), binary.BigEndian.Uint64(v[16:]))
		at, ok = task.OfferedAt, there
		return false
	})
	return at, ok
}
