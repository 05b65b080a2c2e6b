package logstore

import (
	"sync"

	"github.com/hashicorp/raft"
)

// tail caches the newest log entries in memory, because replication reads each entry once per
// follower. raft's own LogCache is bounded only by the number of entries: 2,048 of 2 MiB would be 4
// GiB. An entry is in the cache only if it is on disk.
type tail struct {
	raft.LogStore
	maxBytes int

	mu    sync.RWMutex // guards the fields below
	ring  []*raft.Log  // the entry with index i is at i % len(ring)
	first uint64       // entries with first <= index < next are cached, without gaps; none if equal
	next  uint64
	bytes int
}

func newTail(store raft.LogStore, entries, maxBytes int) *tail {
	return &tail{LogStore: store, maxBytes: maxBytes, ring: make([]*raft.Log, entries)}
}

// IsMonotonic returns the store's answer, which embedding the interface hides.
func (t *tail) IsMonotonic() bool {
	m, ok := t.LogStore.(raft.MonotonicLogStore)
	return ok && m.IsMonotonic()
}

// GetLog implements raft.LogStore. The entry's bytes are shared and must not be changed.
func (t *tail) GetLog(index uint64, log *raft.Log) error {
	if kept := t.cached(index); kept != nil {
		*log = *kept
		return nil
	}
	return t.LogStore.GetLog(index, log)
}

func (t *tail) cached(index uint64) *raft.Log {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if index < t.first || index >= t.next {
		return nil
	}
	return t.ring[index%uint64(len(t.ring))]
}

// StoreLog implements raft.LogStore.
func (t *tail) StoreLog(log *raft.Log) error { return t.StoreLogs([]*raft.Log{log}) }

// StoreLogs implements raft.LogStore.
func (t *tail) StoreLogs(logs []*raft.Log) error {
	if err := t.LogStore.StoreLogs(logs); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, log := range logs {
		if log.Index != t.next {
			t.forget()
			t.first, t.next = log.Index, log.Index
		}
		for t.next > t.first && (t.next-t.first == uint64(len(t.ring)) || t.bytes+len(log.Data) > t.maxBytes) {
			t.dropFirst()
		}
		// A copy, because on the leader the original lies inside raft's future, which keeps the
		// answers to the entry's commands alive.
		kept := *log
		t.ring[log.Index%uint64(len(t.ring))] = &kept
		t.bytes += len(log.Data)
		t.next++
	}
	return nil
}

// DeleteRange implements raft.LogStore. It empties the cache first: an entry that is gone from disk
// is never served.
func (t *tail) DeleteRange(low, high uint64) error {
	t.mu.Lock()
	switch {
	case low <= t.first && high < t.next: // raft compacts: the newer entries stay
		for t.first <= high && t.first < t.next {
			t.dropFirst()
		}
	case low < t.next: // raft removes a suffix that a new leader overrules
		t.forget()
	}
	t.mu.Unlock()
	return t.LogStore.DeleteRange(low, high)
}

func (t *tail) dropFirst() {
	at := t.first % uint64(len(t.ring))
	t.bytes -= len(t.ring[at].Data)
	t.ring[at] = nil
	t.first++
}

func (t *tail) forget() {
	clear(t.ring)
	t.first, t.next, t.bytes = 0, 0, 0
}
