package fsm

import "aion.dev/aion/fsm/rows"

// Offers implements View.
func (p *picture) Offers(queue string, activities []string) (n uint64) {
	for _, activity := range activities {
		var l rows.Lane
		if p.row(p.Get(rows.LaneKey(rows.FamilyLane, queue, activity)), &l) {
			n += l.Left
		}
	}
	return n
}
