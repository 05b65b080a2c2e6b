package store

import (
	"crypto/sha256"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// Checksum is the SHA-256 of every row with its key, in order. It reads them all.
func (r Reader) Checksum() (catalog.Digest, error) {
	h := sha256.New()
	err := r.Scan([]byte{0}, []byte{rows.Families}, func(k, v []byte) bool {
		h.Write(rows.AppendU32(rows.AppendU32(nil, uint32(len(k))), uint32(len(v))))
		h.Write(k)
		h.Write(v)
		return true
	})
	if err != nil {
		return catalog.Digest{}, err
	}
	return catalog.Digest(h.Sum(nil)), nil
}
