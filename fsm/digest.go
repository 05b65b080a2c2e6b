package fsm

import (
	"crypto/sha256"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// digest is the running digest after the entry: the SHA-256 of the digest before it, its index, its
// log time and all rows that it changed, family by family and within each in the order in which it
// changed them. Two nodes with equal digests at an index have made the same changes up to it,
// whatever they restored from in between.
func (t *step) digest(before catalog.Digest) (d catalog.Digest) {
	h := sha256.New()
	h.Write(before[:])
	h.Write(rows.AppendU64(rows.AppendU64(nil, t.index), uint64(t.now)))
	for family := range rows.Families {
		h.Write(t.changes[family])
	}
	h.Sum(d[:0])
	return d
}
