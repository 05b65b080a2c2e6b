package replay

import "iter"

// waits are what the code is blocked on, in the order in which it began to wait. What it costs to
// add one, to find it and to take it away does not depend on how many there are.
type waits struct {
	oldest, newest *wait
	open           int
	by             map[*uint64]*wait // by where their ids are, once there are many
	overs          []*wait           // those that are over, in the order of that; some may have ended
}

// few is how many waits are found as fast without a map. Most runs have one.
const few = 8

func (l *waits) add(w *wait) {
	if w.older = l.newest; w.older != nil {
		w.older.newer = w
	} else {
		l.oldest = w
	}
	l.newest = w
	l.open++
	switch {
	case l.by != nil:
		l.index(w)
	case l.open > few:
		l.by = make(map[*uint64]*wait)
		for w := range l.all() {
			l.index(w)
		}
	}
}

func (l *waits) index(w *wait) {
	if len(w.ids) > 0 {
		l.by[&w.ids[0]] = w
	}
}

// of returns the wait that the code began for this very slice; nil = it began none.
func (l *waits) of(ids []uint64) *wait {
	switch {
	case len(ids) == 0:
		return nil
	case l.by != nil:
		if w := l.by[&ids[0]]; w != nil && len(w.ids) == len(ids) {
			return w
		}
		return nil
	}
	for w := range l.all() {
		if w.isFor(ids) {
			return w
		}
	}
	return nil
}

// end takes a wait away.
func (l *waits) end(w *wait) {
	if w.older != nil {
		w.older.newer = w.newer
	} else {
		l.oldest = w.newer
	}
	if w.newer != nil {
		w.newer.older = w.older
	} else {
		l.newest = w.older
	}
	w.ended, w.older, w.newer = true, nil, nil
	l.open--
	if l.by != nil && len(w.ids) > 0 {
		delete(l.by, &w.ids[0])
	}
}

// all are the waits that are open. None may end meanwhile.
func (l *waits) all() iter.Seq[*wait] {
	return func(yield func(*wait) bool) {
		for w := l.oldest; w != nil && yield(w); w = w.newer {
		}
	}
}

// over returns the wait that was over first; nil = none is.
func (l *waits) over() *wait {
	for len(l.overs) > 0 && l.overs[0].ended {
		l.overs = l.overs[1:]
	}
	if len(l.overs) == 0 {
		l.overs = nil
		return nil
	}
	return l.overs[0]
}
