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
		t.Put(rows.LogKey(r.Serial, r.Log.Lines), b)
		t.touch(r)
	}
	if r.Log.Bytes <= most {
		return
	}
	var gone [][]byte
	t.Scan(rows.LogKey(r.Serial, 0), rows.NumberKey(rows.FamilyLog, r.Serial+1), func(k, v []byte) bool {
		gone = append(gone, append([]byte(nil), k...))
		r.Log.Bytes -= uint64(len(v)) + rows.BlockCost
		return r.Log.Bytes > most && len(gone) < drops
	})
	t.Charge(uint64(len(gone)))
	for _, k := range gone {
		t.Del(k)
	}
	r.Log.Blocks -= uint64(len(gone))
	t.touch(r)
}

// forgetLog deletes what a run logged.
func (t *step) forgetLog(r *row) {
	if r.Log.Blocks > pointRows {
		t.DelRange(rows.LogKey(r.Serial, 0), rows.NumberKey(rows.FamilyLog, r.Serial+1))
		return
	}
	var gone [][]byte
	if r.Log.Blocks > 0 {
		t.Scan(rows.LogKey(r.Serial, 0), rows.NumberKey(rows.FamilyLog, r.Serial+1), func(k, _ []byte) bool {
			gone = append(gone, append([]byte(nil), k...))
			return true
		})
	}
	for _, k := range gone {
		t.Del(k)
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
	p.Scan(rows.LogKey(r.Serial, from), rows.NumberKey(rows.FamilyLog, r.Serial+1), func(k, v []byte) bool {
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

// String is for failures of tests.
func (l LogLine) String() string { return fmt.Sprintf("%d (turn %d): %s", l.Seq, l.Turn, l.Text) }
