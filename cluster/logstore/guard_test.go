package logstore

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
)

var errDisk = errors.New("disk on fire")

// sickStore is a store whose every operation fails with err.
type sickStore struct {
	raft.LogStore
	raft.StableStore
	err error
}

func (s *sickStore) FirstIndex() (uint64, error)      { return 0, s.err }
func (s *sickStore) LastIndex() (uint64, error)       { return 0, s.err }
func (s *sickStore) GetLog(uint64, *raft.Log) error   { return s.err }
func (s *sickStore) StoreLogs([]*raft.Log) error      { return s.err }
func (s *sickStore) DeleteRange(_, _ uint64) error    { return s.err }
func (s *sickStore) Set(_, _ []byte) error            { return s.err }
func (s *sickStore) Get([]byte) ([]byte, error)       { return nil, s.err }
func (s *sickStore) SetUint64([]byte, uint64) error   { return s.err }
func (s *sickStore) GetUint64([]byte) (uint64, error) { return 0, s.err }

func TestGuardStopsTheProcessAtAnyError(t *testing.T) {
	sick := &sickStore{err: errDisk}
	for doing, fail := range map[string]func(raft.LogStore, raft.StableStore) error{
		"first index":   func(l raft.LogStore, _ raft.StableStore) error { _, err := l.FirstIndex(); return err },
		"last index":    func(l raft.LogStore, _ raft.StableStore) error { _, err := l.LastIndex(); return err },
		"read entry":    func(l raft.LogStore, _ raft.StableStore) error { return l.GetLog(1, &raft.Log{}) },
		"write entry":   func(l raft.LogStore, _ raft.StableStore) error { return l.StoreLog(testEntry(1)) },
		"write entries": func(l raft.LogStore, _ raft.StableStore) error { return l.StoreLogs(testEntries(1, 2)) },
		"truncate":      func(l raft.LogStore, _ raft.StableStore) error { return l.DeleteRange(1, 2) },
		"write vote":    func(_ raft.LogStore, s raft.StableStore) error { return s.Set(nil, nil) },
		"read vote":     func(_ raft.LogStore, s raft.StableStore) error { _, err := s.Get(nil); return err },
		"write term":    func(_ raft.LogStore, s raft.StableStore) error { return s.SetUint64(nil, 1) },
		"read term":     func(_ raft.LogStore, s raft.StableStore) error { _, err := s.GetUint64(nil); return err },
	} {
		var told []error
		g := &guard{fatal: func(err error) { told = append(told, err) }}
		l, s := guardLog(sick, g), guardStable(sick, g)
		for range 2 {
			if err := fail(l, s); !errors.Is(err, errDisk) || !strings.Contains(err.Error(), doing) {
				t.Errorf("%s: got %v", doing, err)
			}
		}
		if len(told) != 1 || !errors.Is(told[0], errDisk) {
			t.Errorf("%s: fatal was told %v", doing, told)
		}
		var last error
		g = &guard{fatal: func(error) {}, exit: func(err error) { last = err }}
		_ = fail(guardLog(sick, g), guardStable(sick, g))
		panics := doing == "read entry" || doing == "write term" // raft does, after these
		if errors.Is(last, errDisk) != panics {
			t.Errorf("%s: the process ends at once with %v", doing, last)
		}
		closed := &guard{fatal: func(err error) { t.Errorf("%s: fatal after closing: %v", doing, err) }, exit: func(error) { t.Errorf("%s: exit after closing", doing) }}
		closed.close()
		if err := fail(guardLog(sick, closed), guardStable(sick, closed)); !errors.Is(err, errDisk) {
			t.Errorf("%s after closing: %v", doing, err)
		}
	}
}

func TestGuardPassesOnWhatIsNoError(t *testing.T) {
	g := &guard{fatal: func(err error) { t.Errorf("fatal: %v", err) }}
	if err := guardLog(&sickStore{err: raft.ErrLogNotFound}, g).GetLog(1, nil); err != raft.ErrLogNotFound {
		t.Errorf("got %v", err)
	}
	if _, err := guardStable(&sickStore{err: raftboltdb.ErrKeyNotFound}, g).GetUint64(nil); err != raftboltdb.ErrKeyNotFound {
		t.Errorf("got %v", err)
	}
	if err := guardLog(&sickStore{}, g).StoreLogs([]*raft.Log{{Index: 9, Data: make([]byte, maxEntryBytes+1)}}); err == nil || !strings.Contains(err.Error(), "entry 9") {
		t.Errorf("an entry that could never be read again: %v", err)
	}
}

func TestWrappersKeepMonotonic(t *testing.T) {
	for _, want := range []bool{true, false} {
		var s raft.LogStore = raft.NewInmemStore()
		if want {
			s = gapless{s}
		}
		if got := newTail(guardLog(s, &guard{}), 8, 1<<20).IsMonotonic(); got != want {
			t.Errorf("monotonic is %v under the wrappers, %v without", got, want)
		}
	}
}

// TestGuardNamesWhyTheLogCannotGrow: the wal reports the cause only to its logger, and fails with a
// consequence.
func TestGuardNamesWhyTheLogCannotGrow(t *testing.T) {
	var stopped []error
	r := &rotation{Logger: hclog.NewNullLogger()}
	g := &guard{fatal: func(err error) { stopped = append(stopped, err) }, rotation: r}
	r.Error("failed to delete old segment", "err", errors.New("another thing"))
	r.Error("rotate error", "err", syscall.ENOSPC)
	r.Error("rotate error", "err", errors.New("a later one"))
	sealed := errors.New("segment is sealed")
	err := g.check("write entries", sealed)
	if len(stopped) != 1 || !errors.Is(err, syscall.ENOSPC) || !errors.Is(err, sealed) {
		t.Fatalf("stopped by %v, answered %v", stopped, err)
	}
	if want := "raft store, write entries: the log cannot begin a new file: no space left on device; therefore: segment is sealed"; stopped[0].Error() != want {
		t.Errorf("stopped by %q, want %q", stopped[0], want)
	}
}
