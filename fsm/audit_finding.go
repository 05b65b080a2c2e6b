package fsm

import (
	"encoding/binary"
	"slices"

	"aion.dev/aion/fsm/history"
)

// linkFinding writes down the rows by which a run is found, and counts it.
func (c *checker) linkFinding(r *row) {
	for _, of := range terms(r.Run.Attributes) {
		c.expect(termKey(keyAttribute, of, r.Serial), nil)
	}
	if p := r.Run.Parent; p != nil {
		c.expect(termKey(keyByParent, parentTerm(p.WorkflowID), r.Serial), nil)
	}
	if at := r.Run.ClosedAt; at != 0 {
		c.expect(closedKey(r.Run.Type, at, r.Serial), r.Run.RunID[:])
		if at < c.p.fronts[r.Run.Type] {
			c.failf("run %s closed at %s, the front of its type is at %s", r.Run.RunID, at, c.p.fronts[r.Run.Type])
		}
	}
	if r.Serial < c.p.oldest {
		c.failf("run %s has serial %d, the oldest is said to be %d", r.Run.RunID, r.Serial, c.p.oldest)
	}
	c.told[cohort{r.Run.Type, r.Run.Version, r.Run.Status}]++
}

// checkCounts: the counts are those of the runs, and the cohorts in memory are those that are
// stored.
func (c *checker) checkCounts() {
	var stored []cohort
	c.p.scan(key(keyCount), key(keyCount+1), func(k, b []byte) bool {
		of := cohortOf(k)
		n, _ := binary.Uvarint(b)
		if n != c.told[of] {
			c.failf("%d runs of %s on %s are %s, their count says %d", c.told[of], of.typ, of.version.Short(), of.status, n)
		}
		if _, loaded := c.p.catalog.Package(of.version); n == 0 && !loaded {
			c.failf("a count of zero is kept of %s on %s, which is not loaded", of.typ, of.version.Short())
		}
		delete(c.told, of)
		stored = append(stored, of)
		return true
	})
	if len(c.told) > 0 {
		c.failf("runs of %v are not counted", c.told)
	}
	if !slices.Equal(stored, c.p.cohorts) {
		c.failf("cohorts in memory are %v, on disk %v", c.p.cohorts, stored)
	}
	var rules rules
	if err := each(c.p.snap, keyRetention, func(_ []byte, r Retention) { rules = append(rules, r) }); err != nil {
		c.failf("retention rules: %w", err)
	}
	if !slices.Equal(rules, c.p.rules) {
		c.failf("retention rules in memory are %v, on disk %v", c.p.rules, rules)
	}
}

// checkOrphans: nothing is left of a run that was deleted.
func (c *checker) checkOrphans() {
	known := make(map[uint64]bool, len(c.order))
	for _, n := range c.order {
		known[n.row.Serial] = true
	}
	for _, family := range []byte{keyEvent, keyTurn, keyTask, keyLog} {
		next := key(family)
		for more := true; more; {
			more = false
			c.p.scan(next, key(family+1), func(k, _ []byte) bool {
				serial := readU64(k[1:])
				if family == keyEvent && !known[serial] && c.shown[[2]uint64{serial, readU64(k[9:])}] {
					next, more = append(append([]byte(nil), k...), 0), true // a later run shows it
					return false
				}
				if !known[serial] {
					c.failf("row %x (%c) is of a run that does not exist", k, family)
				}
				next, more = numberKey(family, serial+1), true
				return false
			})
		}
	}
}

// expectLatest writes down that r is the newest run of its workflow id, unless a newer one was
// deleted: then nobody may have the id, or an older run that was reopened.
func (c *checker) expectLatest(r *row) {
	k := textKey(keyLatest, r.Run.WorkflowID)
	if c.p.meta.Purged > 0 {
		b := c.p.get(k)
		if b == nil {
			return
		}
		if n := c.runs[history.RunID(b)]; n != nil && n.row.Run.WorkflowID == r.Run.WorkflowID && len(n.row.Run.Reopened) > 0 {
			c.expect(k, b)
			return
		}
	}
	c.expect(k, r.Run.RunID[:])
}

// follow returns the run that goes on from a child now; nil when it is closed and deleted. When the
// first runs of a chain were deleted, only the line knows where it has come to; the run there says
// whose child it is. Reopened says that a run of the chain was closed for good once.
func (c *checker) follow(parent *row, line childLine) (child *recount, reopened bool) {
	child = c.runs[line.run]
	if child == nil && c.p.meta.Purged > 0 {
		if b := c.p.get(childKey(parent.Serial, line.id)); b != nil {
			child = c.runs[history.RunID(b[:16])]
		}
		if child != nil {
			if p := child.row.Run.Parent; p == nil || p.RunID != parent.Run.RunID || p.ID != line.id {
				c.failf("child %d of run %s is run %s, which is not its child", line.id, parent.Run.RunID, child.row.Run.RunID)
			}
		}
	}
	for child != nil && !child.next.IsZero() {
		reopened = reopened || len(child.row.Run.Reopened) > 0
		child = c.runs[child.next]
	}
	return child, reopened || child != nil && len(child.row.Run.Reopened) > 0
}
