package logstore

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
)

// guard ends the process at the first error of a store: after a failed fsync nobody knows what is
// on disk, and a leader with a sick disk keeps being elected without making progress (raft#503,
// #614).
type guard struct {
	fatal    func(error)
	exit     func(error) // ends the process; nil = the error is returned
	once     sync.Once
	closed   atomic.Bool // raft's goroutines may still read while the stores close; that must not end the process
	rotation *rotation   // nil where the log is not a wal
}

func (g *guard) close() { g.closed.Store(true) }

// check returns err. It calls fatal first unless err only means "not found".
func (g *guard) check(doing string, err error) error {
	if err == nil || errors.Is(err, raft.ErrLogNotFound) || errors.Is(err, raftboltdb.ErrKeyNotFound) {
		return err // unwrapped: raft compares these by identity and by text
	}
	err = fmt.Errorf("raft store, %s: %w", doing, g.rotation.addCause(err))
	if !g.closed.Load() {
		g.once.Do(func() { g.fatal(err) })
	}
	return err
}

// mustNotFail is check for operations after whose error raft panics: the last thing that the node
// said would be a dump of goroutines.
func (g *guard) mustNotFail(doing string, err error) error {
	checked := g.check(doing, err)
	if checked != err && g.exit != nil && !g.closed.Load() {
		g.exit(checked)
	}
	return checked
}

type guardedLog struct {
	store raft.LogStore
	guard *guard
}

func guardLog(store raft.LogStore, g *guard) raft.LogStore { return &guardedLog{store, g} }

// IsMonotonic returns the store's answer. If a wrapper hid it, raft would leave a gap after a
// snapshot, and the wal would refuse every later entry.
func (l *guardedLog) IsMonotonic() bool {
	m, ok := l.store.(raft.MonotonicLogStore)
	return ok && m.IsMonotonic()
}

func (l *guardedLog) FirstIndex() (uint64, error) {
	i, err := l.store.FirstIndex()
	return i, l.guard.check("first index", err)
}

func (l *guardedLog) LastIndex() (uint64, error) {
	i, err := l.store.LastIndex()
	return i, l.guard.check("last index", err)
}

func (l *guardedLog) GetLog(index uint64, log *raft.Log) error {
	err := l.store.GetLog(index, log)
	if err == nil {
		err = unseal(log)
	}
	if errors.Is(err, raft.ErrLogNotFound) && l.lost(index) {
		err = fmt.Errorf("entry %d is missing in the middle of the log; %s", index, BeginAnew)
	}
	return l.guard.mustNotFail("read entry", err)
}

// lost reports whether an entry is missing that must be there. Raft also asks for entries that were
// cut or are not written yet, and another goroutine may cut the log and write it again meanwhile.
// So the entry is looked for again.
func (l *guardedLog) lost(index uint64) bool {
	within := func() bool {
		first, err := l.store.FirstIndex()
		if err != nil || index < first || first == 0 {
			return false
		}
		last, err := l.store.LastIndex()
		return err == nil && index <= last
	}
	return within() && errors.Is(l.store.GetLog(index, &raft.Log{}), raft.ErrLogNotFound) && within()
}

func (l *guardedLog) StoreLog(log *raft.Log) error {
	return l.write("write entry", []*raft.Log{log})
}

func (l *guardedLog) StoreLogs(logs []*raft.Log) error { return l.write("write entries", logs) }

func (l *guardedLog) write(doing string, logs []*raft.Log) error {
	for _, log := range logs {
		if n := len(log.Data); n > maxEntryBytes {
			return fmt.Errorf("log entry %d has %d bytes, more than %d", log.Index, n, maxEntryBytes)
		}
	}
	return l.guard.check(doing, l.store.StoreLogs(sealed(logs)))
}

func (l *guardedLog) DeleteRange(low, high uint64) error {
	return l.guard.check("truncate", l.store.DeleteRange(low, high))
}

// maxEntryBytes is the last defence against an entry that could be written but never read again:
// the wal writes entries of any size, but takes those above 64 MiB for corruption when it reads.
// Proposers are limited to far less.
const maxEntryBytes = 48 << 20

type guardedStable struct {
	store raft.StableStore
	guard *guard
}

func guardStable(store raft.StableStore, g *guard) raft.StableStore { return &guardedStable{store, g} }

func (s *guardedStable) Set(key, val []byte) error {
	return s.guard.check("write vote", s.store.Set(key, val))
}

func (s *guardedStable) Get(key []byte) ([]byte, error) {
	b, err := s.store.Get(key)
	return b, s.guard.check("read vote", err)
}

func (s *guardedStable) SetUint64(key []byte, val uint64) error {
	return s.guard.mustNotFail("write term", s.store.SetUint64(key, val))
}

func (s *guardedStable) GetUint64(key []byte) (uint64, error) {
	n, err := s.store.GetUint64(key)
	return n, s.guard.check("read term", err)
}
