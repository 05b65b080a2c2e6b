package fsm

import (
	"fmt"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// watch notes that the row of a canary is to be written, and its thresholds looked at, at the end
// of the entry.
func (t *step) watch(typ string) {
	if !slices.Contains(t.canaries, typ) {
		t.canaries = append(t.canaries, typ)
	}
}

// counts are those of a run's version in the canary of its type; nil if there is none, or the run
// is older, or on a third version.
func (t *step) countsOf(r *row) *rows.CanaryCounts {
	if len(t.s.canaries) == 0 {
		return nil
	}
	c := t.s.canaries[r.Run.Type]
	switch {
	case c == nil || r.Serial <= c.Serial:
		return nil
	case r.Run.Version == c.Version:
		return &c.Counts
	case r.Run.Version == t.s.catalog.Routed(r.Run.Type):
		return &c.Routed
	}
	return nil
}

// countStarted counts a new run.
func (t *step) countStarted(r *row) {
	if n := t.countsOf(r); n != nil {
		n.Started++
		t.watch(r.Run.Type)
	}
}

// countMoved counts an open run that was moved among those of its new version, which is where it
// will end. Before are the counts of its old one.
func (t *step) countMoved(r *row, before *rows.CanaryCounts) {
	if before != nil {
		before.Started--
		t.watch(r.Run.Type)
	}
	t.countStarted(r)
}

// countClosed counts how a run ended. What people ended, or a parent, tells nothing about the code.
func (t *step) countClosed(r *row) {
	n := t.countsOf(r)
	if n == nil || r.Judged {
		return
	}
	switch r.Run.Status {
	case history.StatusCompleted, history.StatusContinuedAsNew:
		n.Completed++
	case history.StatusFailed, history.StatusTimedOut:
		n.Failed++
	default:
		return
	}
	t.watch(r.Run.Type)
}

// countQuarantined counts a run that was quarantined as failed, once: its code broke, and if nobody
// looks after it, it never ends. Whatever becomes of it later does not count any more. Level 2.
func (t *step) countQuarantined(r *row) {
	n := t.countsOf(r)
	if n == nil || r.Judged || t.level() < 2 {
		return
	}
	n.Failed++
	r.Judged = true
	t.watch(r.Run.Type)
}

// judgeCanaries ends canaries that have reached a threshold in this entry, and writes the others.
// Failures come first: an entry that reaches both aborts.
func (t *step) judgeCanaries() {
	slices.Sort(t.canaries)
	for i := 0; i < len(t.canaries); i++ {
		c := t.s.canaries[t.canaries[i]]
		switch {
		case c == nil: // ended since
		case c.AbortFailures > 0 && c.Counts.Failed >= c.AbortFailures:
			t.endCanary(c, false, c.Actor, "", fmt.Sprintf("%d failures were to abort it: %s", c.AbortFailures, said(c)))
		case c.PromoteAfter > 0 && c.Counts.Completed >= c.PromoteAfter:
			t.endCanary(c, true, c.Actor, "", fmt.Sprintf("%d completed runs were to promote it: %s", c.PromoteAfter, said(c)))
		default:
			t.Put(rows.TextKey(rows.FamilyCanary, c.Type), rows.Encoded(c))
		}
	}
}

// Lots: what is drawn for is a whole tree of runs, so that children and runs that go on get what
// their root got. Runs of a schedule share the schedule's lot.

// maxLotHops is how many parents are gone up to; a deeper tree has the lot of the run reached.
const maxLotHops = 100

// StartLot is the lot of a run that is about to start.
func StartLot(workflowID string, attributes history.Attributes) catalog.Lot {
	return func(key string) string { return lotText(key, workflowID, attributes) }
}

func lotText(key, id string, attributes history.Attributes) string {
	if key != "" {
		if v, ok := attributes[key]; ok {
			return string(v)
		}
	}
	return id
}

// lotOf is the lot of what a run starts: that of the root of its tree. Up returns a run's parent.
// Of a parent that has been deleted the child still tells the workflow id, which is the lot from
// level 2 on: before, and of what else its parent had, the child is drawn for as a root.
func lotOf(level uint64, run *rows.Run, up func(history.RunID) *rows.Run) catalog.Lot {
	return func(key string) string {
		root, deleted := run, ""
		for range maxLotHops {
			if root.Parent == nil {
				break
			}
			parent := up(root.Parent.RunID)
			if parent == nil {
				if level >= 2 {
					deleted = root.Parent.WorkflowID
				}
				break
			}
			root = parent
		}
		id := root.WorkflowID
		switch {
		case deleted != "":
			id = deleted
		case root.Schedule != "":
			id = root.Schedule
		}
		return lotText(key, id, root.Attributes)
	}
}

// RunLot is the lot of what a run starts, in a view.
func RunLot(v View, run *rows.Run) catalog.Lot {
	return lotOf(v.Level(), run, func(id history.RunID) *rows.Run {
		if parent, ok := v.Run(id); ok {
			return &parent
		}
		return nil
	})
}

// lot is RunLot in the entry being applied.
func (t *step) lot(r *row) catalog.Lot {
	return lotOf(t.level(), &r.Run, func(id history.RunID) *rows.Run {
		t.Charge(1)
		if parent := t.run(id); parent != nil {
			return &parent.Run
		}
		return nil
	})
}

// Canary implements View.
func (p *picture) Canary(typ string) (c rows.Canary, ok bool) {
	ok = p.row(p.Get(rows.TextKey(rows.FamilyCanary, typ)), &c)
	return c, ok
}

// Canaries implements View.
func (p *picture) Canaries() (list []rows.Canary) {
	p.scanNames(rows.FamilyCanary, "", func(b []byte) bool {
		var c rows.Canary
		if p.row(b, &c) {
			list = append(list, c)
		}
		return true
	})
	return list
}
