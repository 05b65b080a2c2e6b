package fsm

import "aion.dev/aion/fsm/history"

// The children index lists the open children of open runs by ordinal, and whether the parent still
// waits for them. A child that continues as new keeps its line.

type childLine struct {
	id      uint64 // ordinal
	run     history.RunID
	awaited bool
}

func (l childLine) encode() []byte {
	v := append(make([]byte, 0, 17), l.run[:]...)
	if l.awaited {
		return append(v, 1)
	}
	return append(v, 0)
}

func decodeChild(id uint64, b []byte) childLine {
	return childLine{id, history.RunID(b[:16]), b[16] == 1}
}

func childKey(parent, id uint64) []byte { return pairKey(keyChild, parent, id) }

func (t *step) putChild(parent *row, c childLine) {
	t.put(childKey(parent.Serial, c.id), c.encode())
}

func (t *step) child(parent *row, id uint64) (childLine, bool) {
	b := t.get(childKey(parent.Serial, id))
	if b == nil {
		return childLine{}, false
	}
	return decodeChild(id, b), true
}

func (t *step) adopt(parent *row, id uint64, run history.RunID) {
	t.putChild(parent, childLine{id, run, true})
	parent.Children++
	t.touch(parent)
}

func (t *step) forgetChild(parent *row, id uint64) {
	t.del(childKey(parent.Serial, id))
	parent.Children--
	t.touch(parent)
}

// childrenUpTo returns the lines of the first n of parent's children, by ordinal, and whether these
// are all.
func (t *step) childrenUpTo(parent *row, n uint64) (lines []childLine, all bool) {
	if parent.Children == 0 {
		return nil, true
	}
	mine := numberKey(keyChild, parent.Serial)
	t.scan(mine, after(mine), func(k, b []byte) bool {
		if uint64(len(lines)) == n {
			return false
		}
		lines = append(lines, decodeChild(readU64(k[len(mine):]), b))
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
	p.scan(numberKey(keyChild, serial), numberKey(keyChild, serial+1), func(_, b []byte) bool {
		runs = append(runs, history.RunID(b[:16]))
		return true
	})
	return runs
}
