package starlark

import (
	"go.starlark.net/starlark"
)

// What the account charges, in bytes: a little more than what Go allocates on a 64-bit machine,
// including the growth of slices.
const (
	costString  = 32  // header and boxing; its bytes are extra
	costList    = 64  // costElem for each element is extra
	costElem    = 24  // a slice element and its share of the spare capacity
	costTuple   = 48  // costElem for each element is extra
	costDict    = 560 // a dict or set, including room for 8 entries
	costEntry   = 120 // of a dict or set
	costClosure = 160 // a function value with its cells
	costOther   = 64
)

// shallow returns the cost of v without the values that it refers to.
func shallow(v starlark.Value) uint64 {
	switch v := v.(type) {
	case starlark.NoneType, starlark.Bool:
		return 0
	case starlark.String:
		return costString + uint64(len(v))
	case starlark.Bytes:
		return costString + uint64(len(v))
	case starlark.Int:
		return intCost(v)
	case starlark.Float:
		return 8
	case *starlark.List:
		return costList + costElem*uint64(v.Len())
	case starlark.Tuple:
		return costTuple + costElem*uint64(len(v))
	case *starlark.Dict:
		return costDict + costEntry*uint64(v.Len())
	case *starlark.Set:
		return costDict + costEntry*uint64(v.Len())
	case *record:
		if v.built {
			return costTuple + costField*uint64(len(v.names))
		}
	case *recordType:
		return costTuple + 2*costField*uint64(len(v.names))
	case *starlark.Function:
		return costClosure + costElem*uint64(v.NumFreeVars())
	}
	return costOther
}

func intCost(v starlark.Int) uint64 {
	if _, small := v.Int64(); small {
		return 16
	}
	return 64 + uint64(v.BigInt().BitLen())/8
}

// length returns the number of elements of an iterable, or of bytes of a string; 0 if v has no
// length. All iterables of this language know their length.
func length(v starlark.Value) int { return max(starlark.Len(v), 0) }
