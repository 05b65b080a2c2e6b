package fsm

import (
	"bytes"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// checkMemory: what is remembered of runs, queues and lanes is what is stored.
func (c *checker) checkMemory() {
	p := c.p
	p.tails.mu.RLock()
	defer p.tails.mu.RUnlock()
	held := 0
	for l := p.tails.newest; l != nil; l = l.neighbours().older {
		held += l.bytes
		if l.index > p.meta.Index {
			continue
		}
		n := c.runs[l.run.RunID]
		if n == nil {
			c.failf("run %s is remembered, but gone", l.run.RunID)
			return
		}
		if !bytes.Equal(rows.Encoded(l.run), rows.Encoded(n.row.Run)) {
			c.failf("run %s is remembered as %+v, stored is %+v", l.run.RunID, l.run, n.row.Run)
		}
		for i, line := range l.lines {
			seq := l.run.Events - uint64(len(l.lines)-1-i)
			b, err := history.AppendEvent(nil, line.event)
			if stored := p.get(rows.EventKey(n.row.Serial, seq)); err != nil || !bytes.Equal(b, stored) || line.bytes != len(b) || line.event.Seq != seq {
				c.failf("event %d of run %s is remembered as %x, stored is %x", seq, l.run.RunID, b, stored)
			}
		}
	}
	if held != p.tails.bytes {
		c.failf("%d bytes of events are remembered, %d are counted", held, p.tails.bytes)
	}
	p.recent.mu.RLock()
	defer p.recent.mu.RUnlock()
	for _, k := range sortedKeys(p.recent.rows) {
		row := p.recent.rows[k]
		stored, err := get(p.snap, []byte(k))
		if row.index <= p.meta.Index && (err != nil || !bytes.Equal(row.value, stored) || (row.value == nil) != (stored == nil)) {
			c.failf("row %x is remembered as %x, stored is %x", k, row.value, stored)
		}
	}
}
