package rows

import (
	"bytes"
	"encoding/binary"

	"aion.dev/aion/catalog"
)

// AppendU64 appends a number as keys and fixed-width values have it.
func AppendU64(k []byte, n uint64) []byte { return binary.BigEndian.AppendUint64(k, n) }

// AppendU32 is AppendU64 for 4 bytes.
func AppendU32(k []byte, n uint32) []byte { return binary.BigEndian.AppendUint32(k, n) }

// U64 reads what AppendU64 wrote at the beginning of b.
func U64(b []byte) uint64 { return binary.BigEndian.Uint64(b) }

// U32 reads what AppendU32 wrote at the beginning of b.
func U32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }

// Key is the key of a family that has one row, and the beginning of all others. It has room for
// what most keys append.
func Key(family byte) []byte { return append(make([]byte, 0, 48), family) }

// NumberKey is the key of a row that is known by a number, or the beginning of its rows.
func NumberKey(family byte, n uint64) []byte { return AppendU64(Key(family), n) }

// PairKey is the key of a row that is known by two numbers.
func PairKey(family byte, a, b uint64) []byte { return AppendU64(AppendU64(Key(family), a), b) }

// PlaceKey is the key of a row that is known by a log index and the order within its entry.
func PlaceKey(family byte, i uint64, n uint32) []byte { return AppendU32(AppendU64(Key(family), i), n) }

// TextKey is the key of a row that is known by a text.
func TextKey(family byte, s string) []byte { return append(Key(family), s...) }

// VersionKey is the key of a row that is known by a version, or the beginning of its rows.
func VersionKey(family byte, v catalog.Version) []byte { return append(Key(family), v[:]...) }

// After is the first key that does not start with prefix.
func After(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	panic("rows: a key of 0xff bytes") // families are letters
}

// Later returns the one of two keys that comes after the other.
func Later(a, b []byte) []byte {
	if bytes.Compare(a, b) > 0 {
		return a
	}
	return b
}
