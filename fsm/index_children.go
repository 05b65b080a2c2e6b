package fsm

import (
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// The children index lists the open children of open runs by ordinal, and whether the parent still
// waits for them. A child that continues as new keeps its line.

func (t *step) putChild(parent *row, c rows.Child) {
	t.Put(rows.ChildKey(parent.Serial, c.ID), c.Encode())
}

func (t *step) child(parent *row, id uint64) (rows.Child, bool) {
	b := t.Get(rows.ChildKey(parent.Serial, id))
	if b == nil {
		return rows.Child{}, false
	}
	return rows.DecodeChild(id, b), true
}

func (t *step) adopt(parent *row, id uint64, run history.RunID) {
	t.putChild(parent, rows.Child{ID: id, Run: run, Awaited: true})
	parent.Children++
	t.touch(parent)
}

func (t *step) forgetChild(parent *row, id uint64) {
	t.Del(rows.ChildKey(parent.Serial, id))
	parent.Children--
	t.touch(parent)
}

// childrenUpTo returns the lines of the first n of parent's children, by ordinal, and whether these
// are all.
func (t *step) childrenUpTo(parent *row, n uint64) (lines []rows.Child, all bool) {
	if parent.Children == 0 {
		return nil, true
	}
	mine := rows.NumberKey(rows.FamilyChild, parent.Serial)
	t.Scan(mine, rows.After(mine), func(k, b []byte) bool {
		if uint64(len(lines)) == n {
			return false
		}
		lines = append(lines, rows.DecodeChild(rows.U64(k[len(mine):]), b))
		return true
	})
	return lines, uint64(len(lines)) == parent.Children
}

// keepsChildren reports whether a run can have lines in the index: an open one, and a closed one
// that a job has not come to. Of the latter, too, a line has to name the run that the job is to
// end, or go when that has closed: else a child that went on as new would not be asked to end, and
// one that was reopened since would be.
func (t *step) keepsChildren(r *row) bool { return r.Run.Status.Open() || t.meta.Jobs > 0 }

// Children implements View.
func (p *picture) Children(parent history.RunID) (runs []history.RunID) {
	serial, ok := p.serial(parent)
	if !ok {
		return nil
	}
	p.Scan(rows.NumberKey(rows.FamilyChild, serial), rows.NumberKey(rows.FamilyChild, serial+1), func(_, b []byte) bool {
		runs = append(runs, history.RunID(b[:16]))
		return true
	})
	return runs
}
