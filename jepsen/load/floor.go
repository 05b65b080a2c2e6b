package load

import (
	"cmp"
	"slices"

	"aion.dev/aion/jepsen/op"
)

// Floor returns the highest index that had been acknowledged before a time.
type Floor struct {
	at    []int64 // times of acknowledgements, rising
	index []uint64
}

// NewFloor collects the acknowledgements in a history.
func NewFloor(ops []op.Op) Floor {
	var f Floor
	acked := slices.DeleteFunc(slices.Clone(ops), func(o op.Op) bool { return o.Outcome != op.OK || o.Replayed || o.F == "stale" })
	slices.SortFunc(acked, func(a, b op.Op) int { return cmp.Compare(a.Return, b.Return) })
	for _, o := range acked {
		top := o.Index
		if n := len(f.index); n > 0 {
			top = max(top, f.index[n-1])
		}
		f.at, f.index = append(f.at, o.Return), append(f.index, top)
	}
	return f
}

// Before returns the highest index that had been acknowledged by then; 0: none.
func (f Floor) Before(t int64) uint64 {
	i, _ := slices.BinarySearch(f.at, t)
	if i == 0 {
		return 0
	}
	return f.index[i-1]
}
