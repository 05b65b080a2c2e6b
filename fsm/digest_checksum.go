package fsm

import (
	"crypto/sha256"
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// Checksum is the SHA-256 of every row with its key, in order: equal on nodes that applied the same
// entries, however they came to do so. It reads the whole state.
func (s *State) Checksum() (catalog.Digest, error) {
	p := s.pin()
	if p == nil {
		return catalog.Digest{}, ErrClosed
	}
	defer p.drop()
	h := sha256.New()
	err := scan(p.snap, []byte{0}, []byte{rows.Families}, func(k, v []byte) bool {
		h.Write(rows.AppendU32(rows.AppendU32(nil, uint32(len(k))), uint32(len(v))))
		h.Write(k)
		h.Write(v)
		return true
	})
	if err != nil {
		return catalog.Digest{}, fmt.Errorf("checksum of the state: %w", err)
	}
	return catalog.Digest(h.Sum(nil)), nil
}
