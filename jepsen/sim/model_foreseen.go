package sim

import (
	"aion.dev/aion/fsm"
)

// fresh is a line of the entry being judged, and the place in the entry of the command that wrote
// it.
type fresh struct {
	seq   uint64
	place int
}

// cameTrue reports whether what a turn foresaw has happened: the command that it names wrote the
// lines that the turn saw, all of them, and no others.
func (m *Model) cameTrue(c *fsm.RecordTurn, r *run) bool {
	f := c.Foreseen
	if f == nil {
		return true
	}
	if f.Back < 1 || f.Back > uint64(m.place) || f.After == 0 && f.Version != r.version {
		return false
	}
	next := f.After + 1
	if r.freshIn == m.index {
		for _, l := range r.fresh {
			if l.place+int(f.Back) != m.place {
				continue
			}
			if l.seq != next {
				return false
			}
			next++
		}
	}
	return next == c.Through+1
}
