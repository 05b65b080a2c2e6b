package wasm

import (
	"iter"

	"aion.dev/aion/engine/runtime"
)

// idle is the mode of a wait until all handlers have ended.
const idle = 5

// wait is what code waits for.
type wait struct {
	token int64
	mode  runtime.Mode
	ids   []uint64
	told  string // where the code waits

	older, newer *wait // of those that are open
}

// waits are those of a run, in the order in which they began. What it costs to add one, to find it
// and to take it away does not depend on how many there are.
type waits struct {
	oldest, newest *wait
	open           int
	idle           int               // of mode idle
	by             map[*uint64]*wait // by where their ids are, once there are many
	tokens         map[int64]int     // how many have a token, once there are many
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
	if w.mode == idle {
		l.idle++
	}
	switch {
	case l.by != nil:
		l.index(w)
	case l.open > few:
		l.by, l.tokens = make(map[*uint64]*wait), make(map[int64]int)
		for w := range l.all() {
			l.index(w)
		}
	}
}

func (l *waits) index(w *wait) {
	l.tokens[w.token]++
	if len(w.ids) > 0 {
		l.by[&w.ids[0]] = w
	}
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
	w.older, w.newer = nil, nil
	l.open--
	if w.mode == idle {
		l.idle--
	}
	if l.by == nil {
		return
	}
	if l.tokens[w.token]--; l.tokens[w.token] == 0 {
		delete(l.tokens, w.token)
	}
	if len(w.ids) > 0 {
		delete(l.by, &w.ids[0])
	}
}

// of returns the wait for this very slice; nil = there is none.
func (l *waits) of(ids []uint64) *wait {
	if len(ids) == 0 {
		return nil
	}
	if l.by != nil {
		return l.by[&ids[0]]
	}
	for w := range l.all() {
		if len(w.ids) > 0 && &w.ids[0] == &ids[0] {
			return w
		}
	}
	return nil
}

// has reports whether a wait has a token.
func (l *waits) has(token int64) bool {
	if l.tokens != nil {
		return l.tokens[token] > 0
	}
	for w := range l.all() {
		if w.token == token {
			return true
		}
	}
	return false
}

// idles returns the oldest wait until all handlers have ended; nil = there is none.
func (l *waits) idles() *wait {
	if l.idle > 0 {
		for w := range l.all() {
			if w.mode == idle {
				return w
			}
		}
	}
	return nil
}

// all are the waits that are open. None may end meanwhile.
func (l *waits) all() iter.Seq[*wait] {
	return func(yield func(*wait) bool) {
		for w := l.oldest; w != nil && yield(w); w = w.newer {
		}
	}
}
