package blobs

import (
	"os"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/internal/faults"
)

// A blob may be put long before the entry that names it is applied everywhere, and a sweep between
// the two would take it. keepUnnamed is far above what may lie between them: proposing is refused
// putFresh after the put.
const (
	keepUnnamed = time.Hour
	putFresh    = 10 * time.Minute
)

// Sweep removes the blobs that applied state has not named, and nobody has put, for the given time,
// and returns them. named is what applied state names now. A put that comes while Sweep runs either
// makes its blob young before Sweep looks, or finds it gone and writes it anew.
func (s *Store) Sweep(named []catalog.Digest, unnamedFor time.Duration) []catalog.Digest {
	names := make(map[catalog.Digest]bool, len(named))
	for _, d := range named {
		names[d] = true
	}
	var swept []catalog.Digest
	for _, d := range s.List() {
		if s.sweep(d, names[d], unnamedFor) {
			swept = append(swept, d)
		}
	}
	return swept
}

func (s *Store) sweep(d catalog.Digest, named bool, unnamedFor time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.blobs[d]
	switch {
	case b == nil:
		return false
	case named:
		b.at = time.Now() // its hour begins when it is named no more
		return false
	case time.Since(b.at) < unnamedFor:
		return false
	}
	// Without a sync: a removal that a crash undoes is done again.
	if err := faults.Remove(s.path(d)); err != nil && !os.IsNotExist(err) {
		s.cfg.Logger.Warn("an archive that nothing names cannot be removed", "archive", d, "error", err)
		return false
	}
	s.forget(d)
	return true
}
