package audit

import (
	"bytes"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// checkMemory: what is remembered of runs, queues, lanes and the fronts of indexes is what is
// stored.
func (c *checker) checkMemory() {
	held := 0
	said := c.p.Tails(func(l fsm.Tail) {
		for _, size := range l.Sizes {
			held += size
		}
		if l.Index <= c.p.Index() {
			c.checkTail(l)
		}
	})
	if held != said {
		c.failf("%d bytes of events are remembered, %d are counted", held, said)
	}
	c.p.Remembered(func(k []byte, index uint64, value []byte) {
		stored := c.p.Stored(k)
		if index <= c.p.Index() && (!bytes.Equal(value, stored) || (value == nil) != (stored == nil)) {
			c.failf("row %x is remembered as %x, stored is %x", k, value, stored)
		}
	})
	c.p.Fronts(c.checkFront)
}

func (c *checker) checkFront(family byte, keys, values [][]byte, rest []byte) {
	n := 0
	c.p.Scan(rows.Key(family), rest, func(k, v []byte) bool {
		if n == len(keys) || !bytes.Equal(k, keys[n]) || !bytes.Equal(v, values[n]) {
			c.failf("row %x = %x, the %dth of its index, is not the one remembered", k, v, n+1)
			return false
		}
		n++
		return true
	})
	if n < len(keys) {
		c.failf("row %x is remembered as the %dth of its index, stored are %d before %x", keys[n], n+1, n, rest)
	}
	if len(keys) == 0 && !bytes.Equal(rest, rows.Key(family+1)) {
		c.failf("nothing is remembered of the rows of family %c, which may begin at %x", family, rest)
	}
}

func (c *checker) checkTail(l fsm.Tail) {
	n := c.runs[l.Run.RunID]
	if n == nil {
		c.failf("run %s is remembered, but gone", l.Run.RunID)
		return
	}
	if !bytes.Equal(rows.Encoded(l.Run), rows.Encoded(n.row.Run)) {
		c.failf("run %s is remembered as %+v, stored is %+v", l.Run.RunID, l.Run, n.row.Run)
	}
	for i, e := range l.Events {
		seq := l.Run.Events - uint64(len(l.Events)-1-i)
		b, err := history.AppendEvent(nil, e)
		if stored := c.p.Get(rows.EventKey(n.row.Serial, seq)); err != nil || !bytes.Equal(b, stored) || l.Sizes[i] != len(b) || e.Seq != seq {
			c.failf("event %d of run %s is remembered as %x, stored is %x", seq, l.Run.RunID, b, stored)
		}
	}
}
