package blobs

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/durable"
	"aion.dev/aion/internal/faults"
)

// BadBlob refuses bytes whose hash is not the name they were sent under.
type BadBlob struct {
	Digest catalog.Digest
	Got    catalog.Digest
}

func (e *BadBlob) Error() string {
	return fmt.Sprintf("archive %s: the bytes hash to %s", e.Digest, e.Got)
}

// KeepBlob returns once the bytes of archive, which must hash to d, are on disk. It resets the
// blob's age.
func (s *Store) KeepBlob(ctx context.Context, d catalog.Digest, archive io.Reader) error {
	if s.touch(d) {
		// The blob is here already, but its file may have rotted. Whoever puts it also repairs it.
		if _, err := s.Blob(d); err == nil {
			_, err := io.Copy(io.Discard, io.LimitReader(archive, s.cfg.MaxBytes))
			return err
		}
	}
	name, size, err := s.writeIn(ctx, s.cfg.Dir, d, archive)
	if err != nil {
		return fmt.Errorf("keep archive: %w", err)
	}
	name, parts, err := s.fold(ctx, d, name, size)
	if err == nil {
		err = s.publish(d, name, size, parts)
	}
	if err != nil {
		os.Remove(name)
		return fmt.Errorf("keep archive: %w", err)
	}
	return nil
}

// fold replaces the temporary file of an archive that has parts, or looks folded, by one of its
// folded form, and keeps the parts.
func (s *Store) fold(ctx context.Context, d catalog.Digest, name string, size int64) (folded string, parts []part, err error) {
	if !s.cfg.Folds() {
		return name, nil, nil
	}
	archive, err := os.Open(name)
	if err != nil {
		return name, nil, err
	}
	defer archive.Close()
	if parts, err = partsOf(archive, size); err != nil || parts == nil && !looksFolded(archive) {
		return name, nil, err
	}
	if err := s.keepParts(ctx, archive, parts); err != nil {
		return name, nil, err
	}
	file, folded, err := s.temporary(s.cfg.Dir, d)
	if err != nil {
		s.release(parts)
		return name, nil, err
	}
	faults.Remove(name)
	if err := errors.Join(fold(file, archive, size, parts), file.Sync(), file.Close()); err != nil {
		s.release(parts)
		return folded, nil, err
	}
	return folded, parts, nil
}

// touch resets the age of a blob if it is here, so that the sweep leaves it.
func (s *Store) touch(d catalog.Digest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.blobs[d]
	if b != nil {
		b.at = time.Now()
	}
	return b != nil
}

// temporary makes a file that the next OpenStore removes if it is left behind.
func (s *Store) temporary(dir string, d catalog.Digest) (f faults.File, name string, err error) {
	s.mu.Lock()
	s.temp++
	name = filepath.Join(dir, fmt.Sprintf("%s-%d%s", d, s.temp, tempSuffix))
	s.mu.Unlock()
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, "", err
	}
	return faults.Archive(file), name, nil
}

// writeIn writes the bytes, which must hash to d, to a synced temporary file in a folder.
func (s *Store) writeIn(ctx context.Context, dir string, d catalog.Digest, archive io.Reader) (name string, size int64, err error) {
	f, name, err := s.temporary(dir, d)
	if err != nil {
		return "", 0, err
	}
	h := sha256.New()
	size, err = copyContext(ctx, f, h, io.LimitReader(archive, s.cfg.MaxBytes+1))
	if err == nil && size > s.cfg.MaxBytes {
		err = &catalog.PackageTooLarge{What: "archive_bytes", Limit: s.cfg.MaxBytes, Size: size}
	}
	if got := catalog.Digest(h.Sum(nil)); err == nil && got != d {
		err = &BadBlob{Digest: d, Got: got}
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(name)
		return "", 0, err
	}
	return name, size, nil
}

// publish renames a finished temporary file to its final name. size is that of the archive. It
// releases the parts if the file does not get that name.
func (s *Store) publish(d catalog.Digest, name string, size int64, parts []part) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := int64(0)
	if b := s.blobs[d]; b != nil {
		old = b.size
	}
	if s.total-old+size > s.cfg.MaxTotal {
		s.releaseLocked(parts)
		return fmt.Errorf("all archives together would take %d bytes, more than %d", s.total-old+size, s.cfg.MaxTotal)
	}
	if err := faults.Rename(name, s.path(d)); err != nil {
		s.releaseLocked(parts)
		return err
	}
	if err := durable.SyncFolder(s.cfg.Dir); err != nil {
		return err // the file is there, so its parts stay
	}
	s.total += size - old
	if b := s.blobs[d]; b != nil {
		s.releaseLocked(b.parts)
	}
	s.blobs[d] = &blob{size: size, parts: parts, at: time.Now()}
	return nil
}

// copyContext copies and hashes until the end of r, an error, or the end of ctx.
func copyContext(ctx context.Context, w io.Writer, h hash.Hash, r io.Reader) (n int64, err error) {
	buf := make([]byte, 256<<10)
	for {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		m, rerr := r.Read(buf)
		h.Write(buf[:m])
		if _, err := w.Write(buf[:m]); err != nil {
			return n, err
		}
		n += int64(m)
		switch {
		case rerr == io.EOF:
			return n, nil
		case rerr != nil:
			return n, rerr
		}
	}
}
