package fsm

import "sync"

// recent remembers the rows of queues and lanes as they were written last, for the leader's look at them after every entry. They come and go with each task,
// and a database that is asked for a row steps over all the marks that its deletions left: after ten thousand activities, a millisecond.
//
// As with tails, a row is that of the entry at its index and of all later ones; a View of an earlier index asks the database.
type recent struct {
	mu    sync.RWMutex // guards what follows
	rows  map[string]recentRow
	index uint64 // of the newest entry taken over
}

type recentRow struct {
	index uint64
	value []byte // nil = deleted; never changed
}

// maxKeptRows is how many rows are remembered; beyond it all are forgotten.
const maxKeptRows = 10_000

// keptRows are the families whose rows are remembered.
var keptRows = [families]bool{keyQueue: true, keyLane: true}

func newRecent() *recent { return &recent{rows: map[string]recentRow{}} }

// keep takes over what an entry wrote, once it is committed and before it is published.
func (c *recent) keep(t *step) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.index = t.index
	for _, family := range [...]int{keyQueue, keyLane} {
		t.each(family, 0, func(_ byte, key, value []byte) error {
			row := recentRow{index: t.index}
			if value != nil {
				row.value = append([]byte{}, value...)
			}
			c.rows[string(key)] = row
			return nil
		})
	}
	c.trim()
}

// note remembers what the database says of a row at index, also that there is none: polls wait for queues that nothing was ever offered in. If there are
// entries after index, they may have changed the row.
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
