package workflow

import (
	"encoding/binary"
	"math"
)

// record is what the room and the guest say to each other where it is more than one thing: fields
// in ascending order of their numbers, each of them number u8, size u32, bytes (docs/GUEST.md).
type record []byte

// newRecord returns an empty record with room for a small one.
func newRecord() record { return make(record, 0, 56) }

func (r record) bytes(number byte, b []byte) record {
	r = binary.LittleEndian.AppendUint32(append(r, number), uint32(len(b)))
	return append(r, b...)
}

func (r record) text(number byte, s string) record {
	r = binary.LittleEndian.AppendUint32(append(r, number), uint32(len(s)))
	return append(r, s...)
}

func (r record) number(number byte, n int64) record {
	r = binary.LittleEndian.AppendUint32(append(r, number), 8)
	return binary.LittleEndian.AppendUint64(r, uint64(n))
}

func (r record) float(number byte, x float64) record {
	return r.number(number, int64(math.Float64bits(x)))
}

// field is one of a record.
type field struct {
	number byte
	value  []byte // it shares the memory of the record
}

// next splits off the first field. ok is false at the end, and where a record is cut off.
func (r record) next() (f field, rest record, ok bool) {
	if len(r) < 5 {
		return f, nil, false
	}
	size := uint64(binary.LittleEndian.Uint32(r[1:]))
	if uint64(len(r)-5) < size {
		return f, nil, false
	}
	return field{r[0], r[5 : 5+size : 5+size]}, r[5+size:], true
}

// int returns the value of a number; 0 if it has another size.
func (f field) int() int64 {
	if len(f.value) != 8 {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(f.value))
}
