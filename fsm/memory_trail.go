package fsm

import (
	"cmp"
	"slices"
)

// trail remembers what the newest entries changed, for readers who look again and again and want to
// know what is new since the last time. Whoever has it guards it.
type trail[T any] struct {
	steps []trailStep[T] // oldest first
	names int            // of all steps
	since uint64         // the trail is complete for the entries after this one
}

// trailStep is what one entry changed.
type trailStep[T any] struct {
	index uint64
	names []T
}

// add notes what the entry at index changed. Beyond most names the older half is forgotten.
func (t *trail[T]) add(index uint64, names []T, most int) {
	if len(names) == 0 {
		return
	}
	t.steps, t.names = append(t.steps, trailStep[T]{index, names}), t.names+len(names)
	if t.names <= most {
		return
	}
	n := 0
	for ; n < len(t.steps) && t.names > most/2; n++ {
		t.names -= len(t.steps[n].names)
		t.since = t.steps[n].index
	}
	t.steps = append([]trailStep[T](nil), t.steps[n:]...)
}

// between is what the entries after one changed, up to another, each perhaps more than once; false
// when that is no longer remembered.
func (t *trail[T]) between(after, upTo uint64) (names []T, ok bool) {
	if after < t.since {
		return nil, false
	}
	first, _ := slices.BinarySearchFunc(t.steps, after+1, func(s trailStep[T], index uint64) int { return cmp.Compare(s.index, index) })
	for _, s := range t.steps[first:] {
		if s.index > upTo {
			break
		}
		names = append(names, s.names...)
	}
	return names, true
}
