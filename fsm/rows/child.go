package rows

import "aion.dev/aion/fsm/history"

// Child is a line of the children index: a child of a run, and whether the run waits for it. Its
// ordinal stands in the key.
type Child struct {
	ID      uint64 // ordinal
	Run     history.RunID
	Awaited bool
}

// Encode writes the row.
func (l Child) Encode() []byte {
	v := append(make([]byte, 0, 17), l.Run[:]...)
	if l.Awaited {
		return append(v, 1)
	}
	return append(v, 0)
}

// DecodeChild reads a row; id is from its key.
func DecodeChild(id uint64, b []byte) Child {
	return Child{id, history.RunID(b[:16]), b[16] == 1}
}

// ChildKey is the key of a child, by the serial of its parent.
func ChildKey(parent, id uint64) []byte { return PairKey(FamilyChild, parent, id) }
