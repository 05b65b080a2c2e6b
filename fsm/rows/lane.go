package rows

import "encoding/binary"

// Lane is what is stored of one queue's offers for one activity. It exists while there are any.
type Lane struct {
	Left uint64 `cbor:"1,keyasint"`
	From Place  `cbor:"2,keyasint,omitzero"` // no offer is before; it follows from what was leased, never from what this node happened to read
}

// Empty reports whether there are no offers, and so no row.
func (l *Lane) Empty() bool { return l.Left == 0 }

// LaneKey is the beginning of the keys of a lane's offers, and in its own family the key of its
// row.
func LaneKey(family byte, queue, activity string) []byte {
	k := Key(family)
	for _, s := range [...]string{queue, activity} {
		k = append(binary.BigEndian.AppendUint16(k, uint16(len(s))), s...)
	}
	return k
}
