package blobs

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/durable"
	"aion.dev/aion/internal/faults"
	"github.com/hashicorp/go-hclog"
)

// StoreConfig configures where archives are stored. Zero limits have defaults.
type StoreConfig struct {
	Dir      string // a folder of its own; created if missing
	MaxBytes int64  // of one archive; default 64 MiB (deploy.max_archive_bytes)
	MaxTotal int64  // of all archives; default 64 GiB
	// Folds reports whether archives may be kept folded now, which older builds cannot read; nil =
	// they may.
	Folds  func() bool
	Logger hclog.Logger
}

// Store holds a node's archives on disk, each in a file named after the SHA-256 of its bytes. A
// file under its final name is complete and synced; the next OpenStore removes files that a crash
// left half-written. Bytes are verified on every read. All methods may be called by any goroutine
// at any time.
type Store struct {
	cfg StoreConfig

	mu    sync.Mutex // guards the fields below, and removing files
	blobs map[catalog.Digest]*blob
	parts map[catalog.Digest]int // how many archives have each, see folded.go
	total int64                  // bytes of all archives, as if they shared nothing
	temp  uint64                 // number of the next temporary file

	damaged atomic.Uint64 // archives that were set aside
}

// blob is an archive on disk.
type blob struct {
	size  int64
	parts []part // nil = its file has all of it
	// at is when the blob was last put or seen named, on this process's monotonic clock. OpenStore
	// sets it to the present for every file it finds: a node that has just started cannot know
	// better, and keeping a blob too long costs only space.
	at time.Time
}

const (
	tempSuffix = ".tmp"
	badSuffix  = ".corrupt" // quarantine for people to inspect; only the newest few are kept
	keepBad    = 8
)

// OpenStore opens the archives in cfg.Dir.
func OpenStore(cfg StoreConfig) (*Store, error) {
	cfg.MaxBytes = cmp.Or(cfg.MaxBytes, 64<<20)
	cfg.MaxTotal = cmp.Or(cfg.MaxTotal, 64<<30)
	if cfg.Folds == nil {
		cfg.Folds = func() bool { return true }
	}
	cfg.Logger = cmp.Or(cfg.Logger, hclog.NewNullLogger())
	s := &Store{cfg: cfg, blobs: map[catalog.Digest]*blob{}, parts: map[catalog.Digest]int{}}
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
		case e.Name() == partsDir && e.IsDir():
		case derr != nil || !e.Type().IsRegular():
			return nil, fmt.Errorf("%s: %s is not an archive and does not belong here", cfg.Dir, e.Name())
		default:
			if s.blobs[d], err = s.openBlob(e); err != nil {
				return nil, err
			}
			s.total += s.blobs[d].size
		}
	}
	for len(bad) > keepBad {
		os.Remove(filepath.Join(cfg.Dir, bad[0]))
		bad = bad[1:]
	}
	if err := s.openParts(); err != nil {
		return nil, err
	}
	return s, durable.SyncFolder(filepath.Dir(cfg.Dir)) // so that the folder itself survives a crash
}

// openBlob looks at the file of an archive.
func (s *Store) openBlob(e fs.DirEntry) (*blob, error) {
	info, err := e.Info()
	if err != nil {
		return nil, err
	}
	b := &blob{size: info.Size(), at: time.Now()}
	f, err := os.Open(filepath.Join(s.cfg.Dir, e.Name()))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size, parts, err := unfoldHead(bufio.NewReader(f)); err == nil {
		b.size, b.parts = size, parts
		s.use(parts, 1)
	}
	return b, nil
}

// Blob returns the verified bytes, or ErrNoBlob. A file that does not hash to its name goes into
// quarantine and counts as ErrNoBlob.
func (s *Store) Blob(d catalog.Digest) ([]byte, error) {
	if !s.Has(d) {
		return nil, ErrNoBlob
	}
	b, file, err := readArchive(s.cfg.Dir, d)
	var bad *BadBlob
	switch {
	case errors.Is(err, fs.ErrNotExist): // swept in the meantime, or removed by somebody else
		s.drop(d)
		return nil, ErrNoBlob
	case errors.As(err, &bad):
		s.cfg.Logger.Error("an archive is corrupt on disk; it is set aside and fetched again", "error", bad)
		s.quarantine(d, file)
		return nil, ErrNoBlob
	case err != nil:
		return nil, err
	}
	return b, nil
}

// Damaged returns how many archives were found damaged since the store was opened.
func (s *Store) Damaged() uint64 { return s.damaged.Load() }

// Has reports whether the blob is here, without reading it.
func (s *Store) Has(d catalog.Digest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.blobs[d] != nil
}

// size returns how many bytes a blob that is here has.
func (s *Store) size(d catalog.Digest) (n int64, here bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.blobs[d]; b != nil {
		return b.size, true
	}
	return 0, false
}

// List returns the digests of all blobs here, sorted.
func (s *Store) List() []catalog.Digest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Keys(s.blobs), func(a, b catalog.Digest) int { return bytes.Compare(a[:], b[:]) })
}

// quarantine sets the file aside, unless another file has replaced it since bad was read.
func (s *Store) quarantine(d catalog.Digest, bad []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, file, err := readArchive(s.cfg.Dir, d) // again: a part may have been missing for a moment
	if !errors.As(err, new(*BadBlob)) || !bytes.Equal(file, bad) {
		return
	}
	if err := faults.Rename(s.path(d), s.path(d)+badSuffix); err != nil {
		faults.Remove(s.path(d))
	}
	s.damaged.Add(1)
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

// forget removes d from the index in memory. The caller holds s.mu.
func (s *Store) forget(d catalog.Digest) {
	if b := s.blobs[d]; b != nil {
		s.total -= b.size
		delete(s.blobs, d)
		s.releaseLocked(b.parts)
	}
}

func (s *Store) path(d catalog.Digest) string { return filepath.Join(s.cfg.Dir, d.String()) }
