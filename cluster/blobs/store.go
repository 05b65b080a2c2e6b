package blobs

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/durable"
	"aion.dev/aion/internal/faults"
	"github.com/hashicorp/go-hclog"
)

// StoreConfig says where archives are kept. Zero limits have defaults.
type StoreConfig struct {
	Dir      string // folder of its own; made when missing
	MaxBytes int64  // of one archive; default 64 MiB (deploy.max_archive_bytes)
	MaxTotal int64  // of all archives; default 64 GiB
	Logger   hclog.Logger
}

// Store is a node's archives on disk, each in a file named after the SHA-256 of its bytes. A file under its name is whole and synced; what a crash left
// half-written is removed by the next opening. Bytes are checked whenever they are read. All methods may be called by any goroutine at any time.
type Store struct {
	cfg StoreConfig

	mu    sync.Mutex // over everything below, and over removing files
	blobs map[catalog.Digest]*blob
	total int64
	temp  uint64 // names temporary files
}

// blob is an archive on disk.
type blob struct {
	size int64
	// at is when it was last put or seen named, on this process's monotonic clock. What an opening finds is as young as the opening: a node that has just
	// started cannot know better, and keeping too long costs only space.
	at time.Time
}

const (
	tempSuffix = ".tmp"
	badSuffix  = ".corrupt" // quarantine: kept for people to look at, newest few
	keepBad    = 8
)

// BadBlob refuses bytes that do not hash to the name they came under.
type BadBlob struct {
	Digest catalog.Digest
	Got    catalog.Digest
}

func (e *BadBlob) Error() string {
	return fmt.Sprintf("archive %s: the bytes hash to %s", e.Digest, e.Got)
}

// OpenStore opens the archives in cfg.Dir.
func OpenStore(cfg StoreConfig) (*Store, error) {
	cfg.MaxBytes = cmp.Or(cfg.MaxBytes, 64<<20)
	cfg.MaxTotal = cmp.Or(cfg.MaxTotal, 64<<30)
	cfg.Logger = cmp.Or(cfg.Logger, hclog.NewNullLogger())
	s := &Store{cfg: cfg, blobs: map[catalog.Digest]*blob{}}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	var bad []string
	for _, e := range entries {
		d, derr := catalog.ParseDigest(e.Name())
		switch {
		case strings.HasSuffix(e.Name(), tempSuffix):
			if err := os.Remove(filepath.Join(cfg.Dir, e.Name())); err != nil {
				return nil, err
			}
		case strings.HasSuffix(e.Name(), badSuffix):
			bad = append(bad, e.Name())
		case derr != nil || !e.Type().IsRegular():
			return nil, fmt.Errorf("%s: %s is no archive and does not belong here", cfg.Dir, e.Name())
		default:
			info, err := e.Info()
			if err != nil {
				return nil, err
			}
			s.blobs[d] = &blob{size: info.Size(), at: time.Now()}
			s.total += info.Size()
		}
	}
	for len(bad) > keepBad {
		os.Remove(filepath.Join(cfg.Dir, bad[0]))
		bad = bad[1:]
	}
	return s, durable.SyncFolder(filepath.Dir(cfg.Dir)) // the folder itself is there after a crash
}

// KeepBlob returns once the bytes of archive, which must hash to d, are on disk. It makes the blob young.
func (s *Store) KeepBlob(ctx context.Context, d catalog.Digest, archive io.Reader) error {
	if s.touch(d) {
		// It is here already, but a file can rot: whoever puts it brings the cure.
		if _, err := s.Blob(d); err == nil {
			_, err := io.Copy(io.Discard, io.LimitReader(archive, s.cfg.MaxBytes))
			return err
		}
	}
	name, size, err := s.write(ctx, d, archive)
	if err != nil {
		return fmt.Errorf("keep archive: %w", err)
	}
	if err := s.adopt(d, name, size); err != nil {
		os.Remove(name)
		return fmt.Errorf("keep archive: %w", err)
	}
	return nil
}

// Keep is KeepBlob for bytes at hand. It answers their digest.
func (s *Store) Keep(ctx context.Context, archive []byte) (catalog.Digest, error) {
	d := catalog.Digest(sha256.Sum256(archive))
	return d, s.KeepBlob(ctx, d, bytes.NewReader(archive))
}

// touch makes a blob young, if it is here, so that the sweeper leaves it.
func (s *Store) touch(d catalog.Digest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.blobs[d]
	if b != nil {
		b.at = time.Now()
	}
	return b != nil
}

// write puts the bytes into a synced temporary file.
func (s *Store) write(ctx context.Context, d catalog.Digest, archive io.Reader) (name string, size int64, err error) {
	s.mu.Lock()
	s.temp++
	name = filepath.Join(s.cfg.Dir, fmt.Sprintf("%s-%d%s", d, s.temp, tempSuffix))
	s.mu.Unlock()
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", 0, err
	}
	f := faults.Archive(file)
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

// adopt gives a finished file its name.
func (s *Store) adopt(d catalog.Digest, name string, size int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := int64(0)
	if b := s.blobs[d]; b != nil {
		old = b.size
	}
	if s.total-old+size > s.cfg.MaxTotal {
		return fmt.Errorf("all archives together would take %d bytes, more than %d", s.total-old+size, s.cfg.MaxTotal)
	}
	if err := faults.Rename(name, s.path(d)); err != nil {
		return err
	}
	if err := durable.SyncFolder(s.cfg.Dir); err != nil {
		return err
	}
	s.total += size - old
	s.blobs[d] = &blob{size: size, at: time.Now()}
	return nil
}

// Blob returns the verified bytes, or ErrNoBlob. A file that does not hash to its name goes into quarantine and is ErrNoBlob as well.
func (s *Store) Blob(d catalog.Digest) ([]byte, error) {
	if !s.Has(d) {
		return nil, ErrNoBlob
	}
	b, err := os.ReadFile(s.path(d))
	switch {
	case errors.Is(err, fs.ErrNotExist): // swept meanwhile, or removed behind our back
		s.drop(d)
		return nil, ErrNoBlob
	case err != nil:
		return nil, err
	}
	if got := catalog.Digest(sha256.Sum256(b)); got != d {
		s.cfg.Logger.Error("an archive is corrupt on disk; it is put aside and fetched again", "error", &BadBlob{d, got})
		s.quarantine(d, b)
		return nil, ErrNoBlob
	}
	return b, nil
}

// Has reports whether the blob is here, without reading it.
func (s *Store) Has(d catalog.Digest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.blobs[d] != nil
}

// List returns what is here, sorted.
func (s *Store) List() []catalog.Digest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Keys(s.blobs), func(a, b catalog.Digest) int { return bytes.Compare(a[:], b[:]) })
}

// quarantine puts the file aside, unless another one has taken its place since bad was read.
func (s *Store) quarantine(d catalog.Digest, bad []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := os.ReadFile(s.path(d))
	if err != nil || !bytes.Equal(b, bad) {
		return
	}
	if err := faults.Rename(s.path(d), s.path(d)+badSuffix); err != nil {
		faults.Remove(s.path(d))
	}
	s.forget(d)
}

// drop forgets a blob whose file is gone.
func (s *Store) drop(d catalog.Digest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := os.Stat(s.path(d)); errors.Is(err, fs.ErrNotExist) {
		s.forget(d)
	}
}

// forget removes d from the books; s.mu is held.
func (s *Store) forget(d catalog.Digest) {
	if b := s.blobs[d]; b != nil {
		s.total -= b.size
		delete(s.blobs, d)
	}
}

func (s *Store) path(d catalog.Digest) string { return filepath.Join(s.cfg.Dir, d.String()) }

// copyContext copies and hashes until the end, an error, or the end of ctx.
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
