package rows

import "encoding/binary"

// Place is where a row stands in a family keyed by log index and order within the entry.
type Place struct {
	Index uint64 `cbor:"1,keyasint,omitempty"`
	N     uint32 `cbor:"2,keyasint,omitempty"`
}

// PlaceOf reads a place from a key.
func PlaceOf(k []byte) Place {
	return Place{binary.BigEndian.Uint64(k[1:]), binary.BigEndian.Uint32(k[9:])}
}

// Key is the key of the offer at p of a lane; see LaneKey.
func (p Place) Key(lane []byte) []byte {
	return AppendU32(AppendU64(lane[:len(lane):len(lane)], p.Index), p.N)
}

// Before reports whether p comes before q.
func (p Place) Before(q Place) bool { return p.Index < q.Index || p.Index == q.Index && p.N < q.N }

// Next is the place after p.
func (p Place) Next() Place { return Place{p.Index, p.N + 1} }
