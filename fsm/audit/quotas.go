package audit

import (
	"bytes"
	"slices"

	"aion.dev/aion/fsm/rows"
)

// checkQuotas: the quotas in memory are those that are stored, and no child is shallower than its
// parent.
func (c *checker) checkQuotas() {
	var stored []rows.RunQuota
	c.p.Scan(rows.QuotaPrefix(), rows.After(rows.QuotaPrefix()), func(k, v []byte) bool {
		var q rows.RunQuota
		if err := rows.Decode(v, &q); err != nil || !bytes.Equal(k, rows.QuotaKey(q.Name)) || q.OpenRuns+q.Depth == 0 {
			c.failf("the quota %q is %+v (%v)", k, q, err)
		}
		stored = append(stored, q)
		return true
	})
	if !slices.Equal(stored, c.p.RunQuotas()) {
		c.failf("quotas in memory are %+v, stored are %+v", c.p.RunQuotas(), stored)
	}
	for _, n := range c.order {
		p := n.row.Run.Parent
		if p == nil && n.row.Depth != 0 {
			c.failf("run %s has no parent and is %d deep", n.row.Run.RunID, n.row.Depth)
		}
		if p == nil {
			continue
		}
		if parent := c.runs[p.RunID]; parent != nil && n.row.Depth != 0 && n.row.Depth != parent.row.Depth+1 {
			c.failf("run %s is %d deep, its parent %d", n.row.Run.RunID, n.row.Depth, parent.row.Depth)
		}
	}
}
