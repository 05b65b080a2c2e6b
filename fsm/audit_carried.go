package fsm

import "aion.dev/aion/fsm/history"

// checkCarried: the rows that stand for signals are those that the run's row names; they name
// signals, and these were received by runs before it.
func (c *checker) checkCarried(n *recount) {
	use, last := carriedUse{From: n.row.Carried.From}, stretch{}
	c.p.scan(eventKey(n.row.Serial, 0), numberKey(keyEvent, n.row.Serial+1), func(k, b []byte) bool {
		if b[0] != carriedMark {
			return true
		}
		row, err := decodeCarried(b)
		if err != nil {
			c.failf("run %s: row %x: %w", n.row.Run.RunID, k, err)
			return false
		}
		use.Ends = append(use.Ends, readU64(k[9:]))
		use.Count += row.count()
		for _, s := range row.list {
			if s.count == 0 || s.serial >= n.row.Serial || !last.before(s) || last.serial == s.serial && last.end() > s.first {
				c.failf("run %s: it took over %v after %v", n.row.Run.RunID, s, last)
			}
			last = s
			for seq := s.first; seq < s.end(); seq++ {
				c.shown[[2]uint64{s.serial, seq}] = true
			}
		}
		err = eachStored(c.p.snap, row.list, 0, func(b []byte) bool {
			if history.Type(b[0]) != history.TypeSignalReceived {
				c.failf("run %s: it took over an event of type %d", n.row.Run.RunID, b[0])
			}
			use.Bytes += uint64(len(b))
			return true
		})
		if err != nil {
			c.failf("run %s: %w", n.row.Run.RunID, err)
		}
		return true
	})
	if string(encoded(use)) != string(encoded(n.row.Carried)) || (use.Count > 0) != !use.From.IsZero() || use.Count > 0 && !n.row.Continued {
		c.failf("run %s: it took over %+v, its row says %+v", n.row.Run.RunID, use, n.row.Carried)
	}
}
