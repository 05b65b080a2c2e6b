package blobs

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/durable"
	"aion.dev/aion/internal/faults"
)

// keepParts makes the parts of an archive durable, and counts this use of each. The caller calls
// release once the archive is not kept, or is gone.
func (s *Store) keepParts(ctx context.Context, archive *os.File, parts []part) error {
	s.use(parts, 1)
	for _, p := range parts {
		if err := s.keepPart(ctx, p, io.NewSectionReader(archive, p.at, p.size)); err != nil {
			s.release(parts)
			return err
		}
	}
	return nil
}

// keepPart writes the file of a part, unless it is there and sound: a disk may have changed it, and
// whoever brings its bytes repairs it.
func (s *Store) keepPart(ctx context.Context, p part, content io.Reader) error {
	path := s.partPath(p.digest)
	dir := filepath.Dir(path)
	if b, err := os.ReadFile(path); err == nil && catalog.Digest(sha256.Sum256(b)) == p.digest {
		return durable.SyncFolder(dir) // whoever has just renamed it may not have come to that
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := durable.SyncFolder(s.cfg.Dir); err != nil {
			return err
		}
	}
	name, _, err := s.writeIn(ctx, dir, p.digest, content)
	if err != nil {
		return err
	}
	if err := faults.Rename(name, path); err != nil {
		faults.Remove(name)
		return err
	}
	return durable.SyncFolder(dir)
}

// use counts the archives that have parts.
func (s *Store) use(parts []part, more int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range parts {
		s.parts[p.digest] += more
	}
}

// release ends a use of parts. The files of those that no archive has go.
func (s *Store) release(parts []part) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.releaseLocked(parts)
}

func (s *Store) releaseLocked(parts []part) {
	for _, p := range parts {
		if s.parts[p.digest]--; s.parts[p.digest] > 0 {
			continue
		}
		delete(s.parts, p.digest)
		// No sync is needed: a part that a crash brings back goes when the store is opened.
		if err := faults.Remove(s.partPath(p.digest)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.cfg.Logger.Warn("a part of archives that none has cannot be removed", "part", p.digest, "error", err)
		}
	}
}

// openParts removes what no archive has, and what a crash left half-written.
func (s *Store) openParts() error {
	dir := filepath.Join(s.cfg.Dir, partsDir)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		d, derr := catalog.ParseDigest(e.Name())
		switch {
		case derr == nil && s.parts[d] > 0:
			continue
		case derr != nil && !strings.HasSuffix(e.Name(), tempSuffix):
			return fmt.Errorf("%s: %s is no part of an archive and does not belong here", dir, e.Name())
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return err
}

func (s *Store) partPath(d catalog.Digest) string {
	return filepath.Join(s.cfg.Dir, partsDir, d.String())
}
