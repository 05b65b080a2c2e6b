package audit

import (
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// checkCarried: the rows that stand for signals are those that the run's row names; they name
// signals, and these were received by runs before it.
func (c *checker) checkCarried(n *recount) {
	use, last := rows.CarriedUse{From: n.row.Carried.From}, rows.Stretch{}
	c.p.Scan(rows.EventKey(n.row.Serial, 0), rows.NumberKey(rows.FamilyEvent, n.row.Serial+1), func(k, b []byte) bool {
		if b[0] != rows.CarriedMark {
			return true
		}
		row, err := rows.DecodeCarried(b)
		if err != nil {
			c.failf("run %s: row %x: %w", n.row.Run.RunID, k, err)
			return false
		}
		use.Ends = append(use.Ends, rows.U64(k[9:]))
		use.Count += row.Count()
		for _, s := range row.List {
			if s.Count == 0 || s.Serial >= n.row.Serial || !last.Before(s) || last.Serial == s.Serial && last.End() > s.First {
				c.failf("run %s: it took over %v after %v", n.row.Run.RunID, s, last)
			}
			last = s
			for seq := s.First; seq < s.End(); seq++ {
				c.shown[[2]uint64{s.Serial, seq}] = true
			}
		}
		err = c.p.EachCarried(&row, func(b []byte) bool {
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
	if string(rows.Encoded(use)) != string(rows.Encoded(n.row.Carried)) || (use.Count > 0) != !use.From.IsZero() || use.Count > 0 && !n.row.Continued {
		c.failf("run %s: it took over %+v, its row says %+v", n.row.Run.RunID, use, n.row.Carried)
	}
}
