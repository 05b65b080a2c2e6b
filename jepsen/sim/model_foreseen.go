package sim

import (
	"bytes"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
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
	return next == c.Through+1 && (len(f.Saw) == 0 || bytes.Equal(f.Saw, fsm.SawEvents(m.saw(r, f.After+1, c.Through)...)))
}

// saw is what events of a run say.
func (m *Model) saw(r *run, from, through uint64) (all []history.Data) {
	for ; from <= through; from++ {
		all = append(all, m.written(r.id, from))
	}
	return all
}

// event is an event of a run as the node has it; nil = there is none.
func (n *node) event(run history.RunID, seq uint64) (data history.Data) {
	n.state.View(func(v fsm.View) {
		if events := v.Events(run, seq, 1); len(events) == 1 {
			data = events[0].Data
		}
	})
	return data
}
