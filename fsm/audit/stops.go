package audit

import (
	"bytes"
	"slices"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// checkStops: the stops in memory are those that are stored, and each run that runs although it is
// stopped has a job that will come to it.
func (c *checker) checkStops() {
	var stored []rows.Stop
	c.p.Scan(rows.StopPrefix(), rows.After(rows.StopPrefix()), func(k, v []byte) bool {
		var s rows.Stop
		if err := rows.Decode(v, &s); err != nil || !bytes.Equal(k, rows.StopKey(s.Type, s.Version)) || (s.Type == "") == s.Version.IsZero() {
			c.failf("the stop %q is %+v (%v)", k, s, err)
		}
		stored = append(stored, s)
		return true
	})
	if !slices.Equal(stored, c.p.Stops()) {
		c.failf("stops in memory are %+v, stored are %+v", c.p.Stops(), stored)
	}
	if len(stored) == 0 {
		return
	}
	jobs := c.p.Jobs(0, maxRows)
	for _, n := range c.order {
		s, stopped := c.p.StopOf(n.row.Run.Type, n.row.Run.Version)
		if !stopped || n.status != history.StatusRunning {
			continue
		}
		if !slices.ContainsFunc(jobs, func(j rows.Job) bool {
			return j.Kind == rows.JobStop && j.Type == s.Type && j.Version == s.Version && j.First <= n.row.Serial && n.row.Serial < j.End
		}) {
			c.failf("run %s runs although %+v is stopped, and no job will come to it", n.row.Run.RunID, s)
		}
	}
}
