package fsm

import "aion.dev/aion/fsm/history"

// maxCached is how many runs' rows stay decoded in memory between entries. It changes how fast
// Apply is, never what it does.
const maxCached = 100_000

// cache holds the rows of the runs used last, so that a run that turns often is not read and
// decoded each time. Only Apply's goroutine touches it.
type cache struct {
	rows map[history.RunID]*row
	recency[row, *row]
}

func newCache() cache { return cache{rows: map[history.RunID]*row{}} }

func (c *cache) get(id history.RunID) *row {
	r := c.rows[id]
	if r != nil && r != c.newest {
		c.unlink(r)
		c.push(r)
	}
	return r
}

func (c *cache) add(r *row) {
	c.rows[r.Run.RunID] = r
	c.push(r)
}

func (c *cache) remove(r *row) {
	delete(c.rows, r.Run.RunID)
	c.unlink(r)
}

// trim forgets what was not used for longest. It runs between entries only: an entry's rows are
// written at its end.
func (c *cache) trim() {
	for len(c.rows) > maxCached {
		c.remove(c.oldest)
	}
}
