package audit

import (
	"maps"
	"slices"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// noteUpdate notes what a history says of updates.
func (n *recount) noteUpdate(e history.Event) {
	switch d := e.Data.(type) {
	case *history.UpdateAccepted:
		if n.updates == nil {
			n.updates = make(map[string]rows.Update)
		}
		n.updates[d.UpdateID] = rows.Update{Name: d.Name, Accepted: e.Seq}
	case *history.UpdateCompleted:
		if u := n.updates[d.UpdateID]; u.Accepted != 0 && u.Completed == 0 {
			u.Completed = e.Seq
			n.updates[d.UpdateID] = u
		}
	}
}

// checkUpdates: an update stands where its run's history says.
func (c *checker) checkUpdates(n *recount) {
	run, answered := n.row.Run.RunID, uint64(0)
	c.p.Scan(rows.UpdateKey(n.row.Serial, ""), rows.UpdateKey(n.row.Serial+1, ""), func(k, v []byte) bool {
		id := string(k[9:])
		var u rows.Update
		if !decoded(v, &u) || u != n.updates[id] {
			c.failf("run %s: update %q stands at %+v, its history says %+v", run, id, u, n.updates[id])
		}
		if u.Completed != 0 {
			answered++
		}
		delete(n.updates, id)
		return true
	})
	for _, id := range slices.Sorted(maps.Keys(n.updates)) {
		c.failf("run %s: update %q has no row", run, id)
	}
	if answered != n.row.Answered {
		c.failf("run %s: %d of its updates have an answer, its row says %d", run, answered, n.row.Answered)
	}
}
