package fsm

import (
	"sync"

	"aion.dev/aion/fsm/rows"
)

// recent remembers the rows of queues and lanes as they were written last, for the leader's look at
// them after every entry. They come and go with each task, and a database that is asked for a row
// steps over all the marks that its deletions left: after ten thousand activities, a millisecond.
//
// As with tails, a row is that of the entry at its index and of all later ones; a View of an
// earlier index asks the database.
type recent struct {
	mu    sync.RWMutex // guards what follows
	rows  map[string]recentRow
	index uint64 // of the newest entry taken over

	touched trail[string] // queues whose rows changed
}

// maxTouched is how many names of queues are remembered for readers who were away.
const maxTouched = 16_384

type recentRow struct {
	index uint64
	value []byte // nil = deleted; never changed
}

// maxKeptRows is how many rows are remembered; beyond it all are forgotten.
const maxKeptRows = 10_000

// keptRows are the families whose rows are remembered.
var keptRows = [rows.Families]bool{rows.FamilyQueue: true, rows.FamilyLane: true}

func newRecent(index uint64) *recent {
	return &recent{rows: map[string]recentRow{}, index: index, touched: trail[string]{since: index}}
}

// keep takes over what an entry wrote, once it is committed and before it is published.
func (c *recent) keep(t *step) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.index = t.index
	c.touch(t)
	for _, family := range [...]byte{rows.FamilyQueue, rows.FamilyLane} {
		t.Changed(family, func(key, value []byte) {
			row := recentRow{index: t.index}
			if value != nil {
				row.value = append([]byte{}, value...)
			}
			c.rows[string(key)] = row
		})
	}
	c.trim()
}

// touch notes which queues the entry changed. Whatever happens to the tasks of a queue changes its
// row.
func (c *recent) touch(t *step) {
	var queues []string
	t.Changed(rows.FamilyQueue, func(key, _ []byte) { queues = append(queues, string(key[1:])) })
	c.touched.add(t.index, queues, maxTouched)
}

// queuesTouched are the queues that entries after one changed, up to another, each perhaps more
// than once; false when that is no longer remembered.
func (c *recent) queuesTouched(after, upTo uint64) (queues []string, ok bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.touched.between(after, upTo)
}

// QueuesTouched implements View.
func (p *picture) QueuesTouched(after uint64) ([]string, bool) {
	return p.recent.queuesTouched(after, p.meta.Index)
}

// note remembers what the database says of a row at index, also that there is none: polls wait for
// queues that nothing was ever offered in. If there are entries after index, they may have changed
// the row.
func (c *recent) note(key []byte, index uint64, value []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.index <= index {
		c.rows[string(key)] = recentRow{index, value}
		c.trim()
	}
}

func (c *recent) trim() {
	if len(c.rows) > maxKeptRows {
		clear(c.rows)
	}
}

// get returns the row at key, nil when there is none; false when that is not remembered for index.
func (c *recent) get(key []byte, index uint64) ([]byte, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	row, ok := c.rows[string(key)]
	return row.value, ok && row.index <= index
}
