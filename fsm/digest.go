package fsm

import (
	"crypto/sha256"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/history"
)

// advance is the running digest after an entry: the SHA-256 of the digest before it, its index, its log time and all rows that it changed, in the order
// in which it changed them. Two nodes with equal digests at an index have applied the same changes up to it, whatever they restored from in between.
func advance(before catalog.Digest, index uint64, now history.Time, content []byte) (d catalog.Digest) {
	h := sha256.New()
	h.Write(before[:])
	h.Write(u64(u64(nil, index), uint64(now)))
	h.Write(content)
	h.Sum(d[:0])
	return d
}
