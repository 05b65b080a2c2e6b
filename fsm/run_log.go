package fsm

import (
	"fmt"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// What the code of a run logs is kept beside its history: in blocks, one for each turn that logged
// anything, up to a number of bytes that travels with the turn. The oldest blocks go first. Lines
// are no events: nothing is replayed from them, and a run never fails for what it logs.

// LogLine is one line that the code of a run logged.
type LogLine struct {
	Seq  uint64 // of the run's lines, from 1; those that were dropped are counted
	At   history.Time
	Turn uint64
	Text string
}

const (
	spareDrops = 8 // blocks that a turn drops beyond those that its own displaces: a bound that was lowered is reached over several turns
)

// keepLog appends what a turn logged and drops what is beyond the bound, oldest first.
func (t *step) keepLog(r *row, c *RecordTurn) {
	most, drops := c.Limits.LogBytes, spareDrops
	if len(c.Logs) > 0 && most > 0 {
		b := rows.Encoded(rows.LogBlock{Turn: c.N, At: t.now, Lines: c.Logs})
		r.Log.Lines += uint64(len(c.Logs))
		r.Log.Bytes += uint64(len(b)) + rows.BlockCost
		r.Log.Blocks++
		drops += len(b)/rows.BlockCost + 1
		t.put(rows.LogKey(r.Serial, r.Log.Lines), b)
		t.touch(r)
	}
	if r.Log.Bytes <= most {
		return
	}
	var gone [][]byte
	t.scan(rows.LogKey(r.Serial, 0), rows.NumberKey(rows.FamilyLog, r.Serial+1), func(k, v []byte) bool {
		gone = append(gone, append([]byte(nil), k...))
		r.Log.Bytes -= uint64(len(v)) + rows.BlockCost
		return r.Log.Bytes > most && len(gone) < drops
	})
	t.charge(uint64(len(gone)))
	for _, k := range gone {
		t.del(k)
	}
	r.Log.Blocks -= uint64(len(gone))
	t.touch(r)
}

// forgetLog deletes what a run logged.
func (t *step) forgetLog(r *row) {
	if r.Log.Blocks > pointRows {
		t.delRange(rows.LogKey(r.Serial, 0), rows.NumberKey(rows.FamilyLog, r.Serial+1))
		return
	}
	var gone [][]byte
	if r.Log.Blocks > 0 {
		t.scan(rows.LogKey(r.Serial, 0), rows.NumberKey(rows.FamilyLog, r.Serial+1), func(k, _ []byte) bool {
			gone = append(gone, append([]byte(nil), k...))
			return true
		})
	}
	for _, k := range gone {
		t.del(k)
	}
}

// logBytes is what the lines of a command take of it, about.
func (c *RecordTurn) logBytes() int {
	n := 0
	for _, line := range c.Logs {
		n += len(line)
	}
	return n
}

// maxLogPage bounds a page of lines by its bytes.
const maxLogPage = 1 << 20

// Logs implements View.
func (p *picture) Logs(id history.RunID, from uint64, limit int) (lines []LogLine, logged uint64) {
	r := p.run(id)
	if r == nil || r.Log.Lines == 0 {
		return nil, 0
	}
	size := 0
	p.scan(rows.LogKey(r.Serial, from), rows.NumberKey(rows.FamilyLog, r.Serial+1), func(k, v []byte) bool {
		var b rows.LogBlock
		if !p.row(v, &b) {
			return false
		}
		first := rows.U64(k[9:]) - uint64(len(b.Lines)) + 1
		for i, text := range b.Lines {
			seq := first + uint64(i)
			if seq < from {
				continue
			}
			if len(lines) == pageSize(limit) || size > maxLogPage {
				return false
			}
			lines = append(lines, LogLine{Seq: seq, At: b.At, Turn: b.Turn, Text: text})
			size += len(text)
		}
		return true
	})
	return lines, r.Log.Lines
}

// checkLog: the blocks of a run are without gaps, and its row counts them.
func (c *checker) checkLog(n *recount) {
	var use rows.LogUse
	c.p.scan(rows.LogKey(n.row.Serial, 0), rows.NumberKey(rows.FamilyLog, n.row.Serial+1), func(k, v []byte) bool {
		var b rows.LogBlock
		if !c.p.row(v, &b) || len(b.Lines) == 0 {
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

// String is for failures of tests.
func (l LogLine) String() string { return fmt.Sprintf("%d (turn %d): %s", l.Seq, l.Turn, l.Text) }
