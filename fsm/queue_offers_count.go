package fsm

import "aion.dev/aion/fsm/history"

// Offers implements View.
func (p *picture) Offers(queue string, activities []string) (n uint64) {
	for _, activity := range activities {
		var l laneRow
		if p.row(p.get(laneKey(keyLane, queue, activity)), &l) {
			n += l.Left
		}
	}
	return n
}

// Room is how many of its tasks the queue's limits let begin at a time; Offered says from when on
// there will be some.
func (q *Queue) Room(at history.Time) uint64 { return min(q.Offered, q.allows(at)) }
