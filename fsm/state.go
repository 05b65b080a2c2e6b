package fsm

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Config says where a State lives and how it checks itself.
type Config struct {
	Dir        string             // folder of its own; made when missing
	FS         vfs.FS             // nil = the operating system's; tests use vfs.NewMem()
	CacheBytes int64              // Pebble's block cache; 0 = 64 MiB
	OpenFiles  int                // of the database; 0 = 1,000
	Fatal      func(error)        // must not return: the database cannot go on; nil = a panic
	Keep       Keep               // the simulation's alone
	Check      func(*State) error // called after every entry, which panics when it finds something; tests only, see fsm/audit
}

// State is the state machine: every node has one, fed by the log.
//
// Apply, Restore and Close are called by one goroutine at a time (raft's); everything else may be
// called by any goroutine at any time.
type State struct {
	cfg  Config
	dir  layout
	lock io.Closer // of dir

	// Of the goroutine that applies.
	db        *pebble.DB
	meta      rows.Meta
	catalog   *catalog.Catalog
	counts    map[catalog.Version]*rows.PinCounts // what pins the loaded versions
	pages     map[rows.Page]uint64                // rows left on the pages used last
	rows      cache
	tails     *tails
	recent    *recent
	lanes     hot[lane]
	queueRows hot[rows.Queue]
	queues    queues
	census    census
	ranges    int // deleted and still in memory
	rules     rules
	fronts    closedFronts
	step      *step // of the last entry: its memory is used again

	owners  hot[rows.OwnerUse]
	limits  rows.Limits
	windows windows

	nextRequest [rows.Classes]history.Time // when the first request key of each class expires, or before
	expiry      [rows.Classes]history.Time // likewise of unowned ones

	background atomic.Pointer[error] // what a reader or Pebble's own goroutines met first
	broken     chan struct{}         // closed once background is set
	folders    atomic.Uint64         // numbers the folders of snapshots
	freed      atomic.Uint64         // bytes of deleted histories; see Freed
	progress   atomic.Uint64         // grows while Apply works, see work.go

	mu       sync.Mutex
	idle     sync.Cond // of mu: a picture was dropped, or there is a current one again
	current  *picture  // guarded by mu: of the newest applied entry; nil while restoring and once closed
	pictures int       // guarded by mu: not dropped yet
	last     rows.Meta // guarded by mu: of the newest applied entry
	waiters  []waiter  // guarded by mu: by index
	closed   bool      // guarded by mu
}

// ErrClosed is returned by calls on a State that was closed.
var ErrClosed = errors.New("the state is closed")

// Open opens the state in cfg.Dir, or makes an empty one. What was applied but not flushed before a
// crash is gone: the log applies it again.
func Open(cfg Config) (*State, error) {
	if cfg.FS == nil {
		cfg.FS = vfs.Default
	}
	if cfg.CacheBytes == 0 {
		cfg.CacheBytes = 64 << 20
	}
	s := &State{cfg: cfg, dir: layout{cfg.FS, cfg.Dir}, broken: make(chan struct{})}
	s.idle.L = &s.mu
	lock, err := s.dir.lock()
	if err == nil {
		s.lock = lock
		if err = s.dir.repair(); err == nil {
			err = s.open()
		}
		if err != nil {
			err = errors.Join(err, lock.Close())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open state in %s: %w", cfg.Dir, err)
	}
	return s, nil
}

// open opens the database in the live folder and reads the hot tables.
func (s *State) open() (err error) {
	if s.db, err = pebble.Open(s.dir.live(), s.options()); err != nil {
		return err
	}
	if err = s.load(); err != nil {
		return errors.Join(err, s.db.Close())
	}
	return nil
}

// load reads the hot tables and publishes the first picture.
func (s *State) load() error {
	s.expiry, s.nextRequest, s.pages = [rows.Classes]history.Time{}, [rows.Classes]history.Time{}, map[rows.Page]uint64{}
	s.owners, s.limits = newHot[rows.OwnerUse](), rows.Limits{}
	s.meta, s.catalog, s.counts, s.rows, s.queues = rows.Meta{}, catalog.New(), map[catalog.Version]*rows.PinCounts{}, newCache(), newQueues()
	s.census, s.rules, s.fronts = census{of: map[rows.Cohort]uint64{}}, nil, newClosedFronts()
	s.lanes, s.queueRows = newHot[lane](), newHot[rows.Queue]()
	s.tails = newTails()
	b, err := get(s.db, rows.Key(rows.FamilyMeta))
	if err == nil && b != nil {
		err = rows.Decode(b, &s.meta)
	}
	s.recent = newRecent(s.meta.Index)
	if err == nil {
		s.limits, err = readLimits(s.db)
	}
	if err == nil {
		err = s.windows.load(s.db)
	}
	err = errors.Join(err,
		each(s.db, rows.FamilyPackage, func(_ []byte, p catalog.Package) { s.catalog.Put(p) }),
		each(s.db, rows.FamilyRoute, func(_ []byte, r catalog.Route) { s.catalog.PutRoute(r) }),
		each(s.db, rows.FamilyPinCount, func(k []byte, c rows.PinCounts) { s.counts[catalog.Version(k[1:])] = &c }),
		each(s.db, rows.FamilyRetention, func(_ []byte, r rows.Retention) { s.rules = append(s.rules, r) }),
		scan(s.db, rows.Key(rows.FamilyCount), rows.Key(rows.FamilyCount+1), func(k, b []byte) bool { s.census.load(k, b); return true }),
		s.queues.findFirsts(s.db),
	)
	if err != nil {
		return fmt.Errorf("read the hot tables: %w", err)
	}
	s.publish()
	return nil
}

// each decodes all rows of a small family.
func each[T any](from pebble.Reader, family byte, f func(k []byte, v T)) error {
	var bad error
	err := scan(from, rows.Key(family), rows.Key(family+1), func(k, b []byte) bool {
		var v T
		if bad = rows.Decode(b, &v); bad != nil {
			bad = fmt.Errorf("row %x: %w", k, bad)
			return false
		}
		f(append([]byte(nil), k...), v)
		return true
	})
	return errors.Join(err, bad)
}

// Applied returns the index of the newest applied entry.
func (s *State) Applied() uint64 {
	index, _ := s.Digest()
	return index
}

// Digest returns the running digest over every applied batch, and the index it stands for.
func (s *State) Digest() (uint64, catalog.Digest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last.Index, s.last.Digest
}

// Close releases the folder. Views under way finish first; calls after it fail with ErrClosed, and
// View does nothing.
func (s *State) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.wake()
	s.mu.Unlock()
	s.retire()
	return errors.Join(s.flushed(), s.db.Close(), s.lock.Close())
}

// flushed writes down what is in memory only, so that a node that was ended in order begins where
// it stopped, whether or not a log and a quorum are there to apply it again.
func (s *State) flushed() error {
	if s.background.Load() != nil {
		return nil // what is in memory is no longer known to be right
	}
	return s.flush()
}

// failed returns what stops this node, if anything does.
func (s *State) failed() error {
	if err := s.background.Load(); err != nil {
		return *err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	return nil
}
