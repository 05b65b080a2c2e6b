package blobs

import (
	"os"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/internal/faults"
)

// A blob may be put long before every node has applied the entry that names it, and a sweep in
// between would remove it. keepUnnamed is far longer than that gap: a proposal is refused putFresh
// after the put.
const (
	keepUnnamed = time.Hour
	putFresh    = 10 * time.Minute
)

// Sweep removes the blobs that applied state has not named, and nobody has put, for the given time,
// and returns them. named is what applied state names now. A put that runs during Sweep either
// resets its blob's age before Sweep checks it, or finds the blob gone and writes it again.
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
		b.at = time.Now() // its hour begins when nothing names it any more
		return false
	case time.Since(b.at) < unnamedFor:
		return false
	}
	// No sync is needed: if a crash undoes the removal, a later sweep repeats it.
	if err := faults.Remove(s.path(d)); err != nil && !os.IsNotExist(err) {
		s.cfg.Logger.Warn("an archive that nothing names cannot be removed", "archive", d, "error", err)
		return false
	}
	s.forget(d)
	return true
}
