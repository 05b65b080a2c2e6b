package audit

import "aion.dev/aion/fsm/rows"

// checkLog: the blocks of a run are without gaps, and its row counts them.
func (c *checker) checkLog(n *recount) {
	var use rows.LogUse
	c.p.Scan(rows.LogKey(n.row.Serial, 0), rows.NumberKey(rows.FamilyLog, n.row.Serial+1), func(k, v []byte) bool {
		var b rows.LogBlock
		if !decoded(v, &b) || len(b.Lines) == 0 {
			c.failf("run %s: block %x of its log cannot be read or is empty", n.row.Run.RunID, k)
			return false
		}
		last := rows.U64(k[9:])
		if first := last - uint64(len(b.Lines)) + 1; use.Blocks > 0 && first != use.Lines+1 {
			c.failf("run %s: line %d of its log follows line %d", n.row.Run.RunID, first, use.Lines)
		}
		if b.Turn > n.row.Run.Turns+1 {
			c.failf("run %s: its log has lines of turn %d, and it made %d", n.row.Run.RunID, b.Turn, n.row.Run.Turns)
		}
		use = rows.LogUse{Lines: last, Bytes: use.Bytes + uint64(len(v)) + rows.BlockCost, Blocks: use.Blocks + 1}
		return true
	})
	if use.Blocks == 0 {
		use.Lines = n.row.Log.Lines // all were dropped
	}
	if use != n.row.Log {
		c.failf("run %s: its log amounts to %+v, its row says %+v", n.row.Run.RunID, use, n.row.Log)
	}
}
