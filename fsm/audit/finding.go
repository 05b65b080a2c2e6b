package audit

import (
	"encoding/binary"
	"slices"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// linkFinding writes down the rows by which a run is found, and counts it.
func (c *checker) linkFinding(r *rows.RunRow) {
	for _, of := range rows.Terms(r.Run.Attributes) {
		c.expect(rows.TermKey(rows.FamilyAttribute, of, r.Serial), nil)
	}
	if c.p.Level() >= 4 && c.p.OrderedDone().Have(r.Serial) {
		for _, name := range sortedKeys(r.Run.Attributes) {
			c.expect(rows.OrderKey(namespace.Of(r.Run.WorkflowID), name, r.Run.Attributes[name], r.Serial), nil)
		}
	}
	if p := r.Run.Parent; p != nil {
		c.expect(rows.TermKey(rows.FamilyByParent, rows.ParentTerm(p.WorkflowID), r.Serial), nil)
	}
	if at := r.Run.ClosedAt; at != 0 {
		c.expect(rows.ClosedKey(r.Run.Type, at, r.Serial), r.Run.RunID[:])
		if at < c.p.ClosedFront(r.Run.Type) {
			c.failf("run %s closed at %s, the front of its type is at %s", r.Run.RunID, at, c.p.ClosedFront(r.Run.Type))
		}
	}
	if r.Serial < c.p.OldestRun() {
		c.failf("run %s has serial %d, the oldest is said to be %d", r.Run.RunID, r.Serial, c.p.OldestRun())
	}
	c.told[rows.Cohort{Type: r.Run.Type, Version: r.Run.Version, Status: r.Run.Status}]++
}

// checkCounts: the counts are those of the runs, and the cohorts in memory are those that are
// stored.
func (c *checker) checkCounts() {
	var stored []rows.Cohort
	c.p.Scan(rows.Key(rows.FamilyCount), rows.Key(rows.FamilyCount+1), func(k, b []byte) bool {
		of := rows.CohortOf(k)
		n, _ := binary.Uvarint(b)
		if n != c.told[of] {
			c.failf("%d runs of %s on %s are %s, their count says %d", c.told[of], of.Type, of.Version.Short(), of.Status, n)
		}
		if _, loaded := c.p.Catalog().Package(of.Version); n == 0 && !loaded {
			c.failf("a count of zero is kept of %s on %s, which is not loaded", of.Type, of.Version.Short())
		}
		delete(c.told, of)
		stored = append(stored, of)
		return true
	})
	if len(c.told) > 0 {
		c.failf("runs of %v are not counted", c.told)
	}
	if !slices.Equal(stored, c.p.Cohorts()) {
		c.failf("cohorts in memory are %v, on disk %v", c.p.Cohorts(), stored)
	}
	var rules []rows.Retention
	if err := each(c.p, rows.FamilyRetention, func(_ []byte, r rows.Retention) { rules = append(rules, r) }); err != nil {
		c.failf("retention rules: %w", err)
	}
	if !slices.Equal(rules, c.p.Retention()) {
		c.failf("retention rules in memory are %v, on disk %v", c.p.Retention(), rules)
	}
}

// checkOrphans: nothing is left of a run that was deleted.
func (c *checker) checkOrphans() {
	known := make(map[uint64]bool, len(c.order))
	for _, n := range c.order {
		known[n.row.Serial] = true
	}
	for _, family := range []byte{rows.FamilyEvent, rows.FamilyTurn, rows.FamilyTask, rows.FamilyLog, rows.FamilyUpdate} {
		next := rows.Key(family)
		for more := true; more; {
			more = false
			c.p.Scan(next, rows.Key(family+1), func(k, _ []byte) bool {
				serial := rows.U64(k[1:])
				if family == rows.FamilyEvent && !known[serial] && c.shown[[2]uint64{serial, rows.U64(k[9:])}] {
					next, more = append(append([]byte(nil), k...), 0), true // a later run shows it
					return false
				}
				if !known[serial] {
					c.failf("row %x (%c) is of a run that does not exist", k, family)
				}
				next, more = rows.NumberKey(family, serial+1), true
				return false
			})
		}
	}
}

// expectLatest writes down that r is the newest run of its workflow id, unless a newer one was
// deleted: then nobody may have the id, or an older run that was reopened.
func (c *checker) expectLatest(r *rows.RunRow) {
	k := rows.TextKey(rows.FamilyLatest, r.Run.WorkflowID)
	if c.p.Meta().Purged > 0 {
		b := c.p.Get(k)
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
func (c *checker) follow(parent *rows.RunRow, line rows.Child) (child *recount, reopened bool) {
	child = c.runs[line.Run]
	if child == nil && c.p.Meta().Purged > 0 {
		if b := c.p.Get(rows.ChildKey(parent.Serial, line.ID)); b != nil {
			child = c.runs[history.RunID(b[:16])]
		}
		if child != nil {
			if p := child.row.Run.Parent; p == nil || p.RunID != parent.Run.RunID || p.ID != line.ID {
				c.failf("child %d of run %s is run %s, which is not its child", line.ID, parent.Run.RunID, child.row.Run.RunID)
			}
		}
	}
	for child != nil {
		next := child.next
		if as := child.row.Run.ResetAs; !as.IsZero() {
			next, reopened = as, true
		}
		if next.IsZero() {
			break
		}
		reopened = reopened || len(child.row.Run.Reopened) > 0
		child = c.runs[next]
	}
	return child, reopened || child != nil && len(child.row.Run.Reopened) > 0
}
