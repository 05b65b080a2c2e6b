package audit

import (
	"slices"

	"aion.dev/aion/fsm/rows"
)

// checkBatches: those that run are the ones in memory, each failure that is kept belongs to a
// batch, and none has come further than it can.
func (c *checker) checkBatches() {
	var running []string
	listed := map[string]uint64{}
	first := rows.BatchKey("")
	c.p.Scan(first, rows.After(first), func(k, v []byte) bool {
		var b rows.Batch
		if err := rows.Decode(v, &b); err != nil {
			c.failf("batch %q: %w", k, err)
			return true
		}
		if listed[b.ID] = b.Listed; b.Status == rows.BatchRunning {
			running = append(running, b.ID)
		}
		if (b.Status == rows.BatchRunning) != (b.Ended == 0) || b.Below > c.p.Meta().Serial+1 || b.Listed > b.Failed || b.Done+b.Failed > b.Found || b.Spec.DryRun && b.Done+b.Failed > 0 {
			c.failf("batch %q stands at %+v", b.ID, b)
		}
		return true
	})
	inMemory := slices.Sorted(slices.Values(c.p.RunningBatches()))
	if slices.Sort(running); !slices.Equal(running, inMemory) {
		c.failf("batches %q run, in memory are %q", running, inMemory)
	}
	for _, id := range sortedKeys(listed) {
		n := uint64(len(c.p.BatchFailures(id, 0, int(listed[id])+1)))
		if listed[id] > 0 && n != listed[id] || listed[id] == 0 && n != 0 {
			c.failf("batch %q has %d failures, its row says %d", id, n, listed[id])
		}
	}
}
