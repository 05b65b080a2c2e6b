package fsm

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// Config says where a State lives and how it checks itself.
type Config struct {
	Dir        string             // folder of its own; made when missing
	FS         store.FS           // nil = the operating system's; tests use vfs.NewMem()
	CacheBytes int64              // Pebble's block cache; 0 = 64 MiB
	OpenFiles  int                // of the database; 0 = 1,000
	Fatal      func(error)        // must not return: the database cannot go on; nil = a panic
	Level      uint64             // the state is at this level at least, whatever its log says; only where all replicas say the same, as with one replica
	Keep       Keep               // the simulation's alone
	Check      func(*State) error // called after every entry, which panics when it finds something; tests only, see fsm/audit
}

// State is the state machine: every node has one, fed by the log.
//
// Apply, Restore and Close are called by one goroutine at a time (raft's); everything else may be
// called by any goroutine at any time.
type State struct {
	cfg Config
	db  *store.DB

	// Of the goroutine that applies.
	meta      rows.Meta
	catalog   *catalog.Catalog
	counts    map[catalog.Version]*rows.PinCounts // what pins the loaded versions
	facts     map[catalog.Version]*rows.VersionFacts
	canaries  map[string]*rows.Canary
	versions  *rows.VersionRetention // nil = drained versions stay
	ephemeral ephemerals
	pages     map[rows.Page]uint64 // rows left on the pages used last
	rows      cache
	tails     *tails
	recent    *recent
	news      *news
	tasks     tasks
	lanes     hot[lane]
	queueRows hot[rows.Queue]
	queues    queues
	census    census
	prints    fingerprints
	stops     stops
	quotas    runQuotas
	open      map[string]uint64     // runs, by type and by the empty name of each namespace
	batches   []string              // ids of those that run; pictures share it, so it is never changed in place
	ordered   rows.FingerprintsDone // which runs are in the index of ordered attributes
	rules     rules
	fronts    closedFronts
	step      *step // of the last entry: its memory is used again

	owners  hot[rows.OwnerUse]
	limits  rows.Limits
	nodes   nodes
	tokens  *tokens
	policy  *policy
	windows windows
	chain   catalog.Digest // of the newest act of the deploy history; zero below level 1

	spaces  spaces
	uses    map[string]*rows.NamespaceUse     // by namespace
	logs    map[string]*spaceLogs             // likewise
	kept    map[string]*rows.VersionRetention // likewise: rules of namespaces
	stretch stretch

	nextRequest [rows.Classes]history.Time // when the first request key of each class expires, or before
	expiry      [rows.Classes]history.Time // likewise of unowned ones

	freed atomic.Uint64 // bytes of deleted histories; see Freed

	mu       sync.Mutex
	idle     sync.Cond     // of mu: a picture was dropped, or there is a current one again
	current  *picture      // guarded by mu: of the newest applied entry; nil while restoring and once closed
	ends     chan struct{} // guarded by mu: of the pictures that are not retired
	pictures int           // guarded by mu: not dropped yet
	last     rows.Meta     // guarded by mu: of the newest applied entry
	waiters  []waiter      // guarded by mu: by index
	closed   bool          // guarded by mu
}

// ErrClosed is returned by calls on a State that was closed.
var ErrClosed = errors.New("the state is closed")

// Open opens the state in cfg.Dir, or makes an empty one. What was applied but not flushed before a
// crash is gone: the log applies it again.
func Open(cfg Config) (*State, error) {
	s := &State{cfg: cfg}
	s.idle.L = &s.mu
	db, err := store.Open(store.Config{Dir: cfg.Dir, FS: cfg.FS, CacheBytes: cfg.CacheBytes, OpenFiles: cfg.OpenFiles, Fatal: cfg.Fatal})
	if err == nil {
		s.db = db
		if err = s.load(); err != nil {
			err = errors.Join(err, db.Close())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open state in %s: %w", cfg.Dir, err)
	}
	return s, nil
}

// load reads the hot tables and publishes the first picture.
func (s *State) load() error {
	s.expiry, s.nextRequest, s.pages = [rows.Classes]history.Time{}, [rows.Classes]history.Time{}, map[rows.Page]uint64{}
	s.owners, s.limits = newHot[rows.OwnerUse](), rows.Limits{}
	s.catalog, s.counts, s.rows, s.queues = catalog.New(), map[catalog.Version]*rows.PinCounts{}, newCache(), newQueues()
	s.census, s.rules, s.fronts = census{of: map[rows.Cohort]uint64{}}, nil, newClosedFronts()
	s.facts, s.versions, s.canaries = map[catalog.Version]*rows.VersionFacts{}, nil, map[string]*rows.Canary{}
	s.ephemeral = newEphemerals()
	s.tasks, s.lanes, s.queueRows = newTasks(), newHot[lane](), newHot[rows.Queue]()
	s.prints, s.ordered, s.batches, s.stops = newFingerprints(), rows.FingerprintsDone{}, nil, nil
	s.quotas, s.open = nil, map[string]uint64{}
	s.kept = map[string]*rows.VersionRetention{}
	var err error
	s.meta, err = s.db.Meta()
	s.tails, s.recent, s.news = newTails(s.meta.Index), newRecent(s.meta.Index), newNews(s.meta.Index)
	if err == nil {
		err = knownLevel(s.meta.Level)
	}
	if err == nil {
		s.limits, err = readLimits(s.db.Reader)
	}
	if err == nil {
		s.nodes, err = loadNodes(s.db.Reader)
	}
	if err == nil {
		s.tokens, err = loadTokens(s.db.Reader)
	}
	if err == nil {
		s.policy, err = loadPolicy(s.db.Reader)
	}
	if err == nil {
		s.chain, err = s.windows.load(s.db.Reader)
	}
	if err == nil {
		s.spaces, s.uses, err = loadSpaces(s.db.Reader)
	}
	if err == nil {
		s.logs, err = loadLogs(s.db.Reader, s.spaces)
	}
	if err == nil {
		s.stretch = stretchAt(s.db.Reader, math.MaxUint64, func(bad error) { err = errors.Join(err, bad) })
	}
	err = errors.Join(err,
		store.Each(s.db.Reader, rows.FamilyPackage, func(_ []byte, p catalog.Package) { s.catalog.Put(p) }),
		store.Each(s.db.Reader, rows.FamilyRoute, func(_ []byte, r catalog.Route) { s.catalog.PutRoute(r) }),
		store.Each(s.db.Reader, rows.FamilyPinCount, func(k []byte, c rows.PinCounts) { s.counts[catalog.Version(k[1:])] = &c }),
		store.Each(s.db.Reader, rows.FamilyFacts, func(k []byte, f rows.VersionFacts) { s.facts[catalog.Version(k[1:])] = &f }),
		store.Each(s.db.Reader, rows.FamilyCanary, func(_ []byte, c rows.Canary) { s.canaries[c.Type] = &c; s.catalog.PutCanary(c.Rule()) }),
		store.Each(s.db.Reader, rows.FamilyEphemeral, func(k []byte, e rows.Ephemeral) {
			v := catalog.Version(k[1:])
			s.ephemeral.add(v, &e, typesOf(s.catalog, v))
		}),
		store.Each(s.db.Reader, rows.FamilySpent, func(k []byte, r rows.VersionRetention) {
			if space := string(k[1:]); space != "" {
				s.kept[space] = &r
			} else {
				s.versions = &r
			}
		}),
		store.Each(s.db.Reader, rows.FamilyRetention, func(_ []byte, r rows.Retention) { s.rules = append(s.rules, r) }),
		s.db.Scan(rows.Key(rows.FamilyCount), rows.Key(rows.FamilyCount+1), func(k, b []byte) bool { s.census.load(k, b); return true }),
		s.db.Scan(rows.Key(rows.FamilyFingerprint), rows.Key(rows.FamilyFingerprint+1), func(k, b []byte) bool { s.prints.load(k, b); return true }),
		s.db.Scan(rows.OrderedDone(), rows.After(rows.OrderedDone()), func(_, b []byte) bool { s.ordered = rows.DecodeFingerprintsDone(b); return true }),
		s.db.Scan(rows.BatchKey(""), rows.After(rows.BatchKey("")), func(_, v []byte) bool {
			var b rows.Batch
			if err = errors.Join(err, rows.Decode(v, &b)); b.Status == rows.BatchRunning {
				s.batches = append(s.batches, b.ID)
			}
			return true
		}),
		s.db.Scan(rows.StopPrefix(), rows.After(rows.StopPrefix()), func(_, v []byte) bool {
			stop := new(rows.Stop)
			err = errors.Join(err, rows.Decode(v, stop))
			s.stops = append(s.stops, stop)
			return true
		}),
		s.db.Scan(rows.QuotaPrefix(), rows.After(rows.QuotaPrefix()), func(_, v []byte) bool {
			var q rows.RunQuota
			err = errors.Join(err, rows.Decode(v, &q))
			s.quotas = append(s.quotas, q)
			return true
		}),
		s.queues.fill(s.db.Reader),
	)
	if err != nil {
		return fmt.Errorf("read the hot tables: %w", err)
	}
	for _, k := range s.census.cohorts {
		if k.Status.Open() {
			s.countOpen(k.Type, s.census.of[k])
		}
	}
	s.publish()
	return nil
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
	return errors.Join(s.flushed(), s.db.Close())
}

// flushed writes down what is in memory only, so that a node that was ended in order begins where
// it stopped, whether or not a log and a quorum are there to apply it again.
func (s *State) flushed() error {
	if s.db.Failed() != nil {
		return nil // what is in memory is no longer known to be right
	}
	return s.db.Flush()
}

// fail notes the first error after which this node cannot go on. Apply returns it from then on.
func (s *State) fail(err error) { s.db.Fail(err) }

// failed returns what stops this node, if anything does.
func (s *State) failed() error {
	if err := s.db.Failed(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	return nil
}
