package logstore

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"
)

// weighed counts the bytes of the log's entries. Raft counts only entries: 49,152 of them, the most
// that it keeps, may be anything up to 96 GiB.
type weighed struct {
	raft.LogStore

	mu    sync.Mutex // guards the fields below
	first uint64     // index of sizes[0]
	sizes []uint32
	sum   uint64

	written, writes atomic.Uint64 // since this store was opened: bytes of entries, and calls that wrote some
	took            Durations     // of those calls
}

// weigh starts with the existing entries. Each counts as the average size, because reading them all
// would take as long as the log is large.
func weigh(store raft.LogStore, bytes uint64) (*weighed, error) {
	w := &weighed{LogStore: store}
	first, err := store.FirstIndex()
	if err != nil {
		return nil, err
	}
	last, err := store.LastIndex()
	if err != nil || last == 0 {
		return w, err
	}
	w.first, w.sizes = first, make([]uint32, last-first+1)
	for i := range w.sizes {
		w.sizes[i] = uint32(bytes / uint64(len(w.sizes)))
		w.sum += uint64(w.sizes[i])
	}
	return w, nil
}

// IsMonotonic returns the store's answer, which embedding the interface hides.
func (w *weighed) IsMonotonic() bool {
	m, ok := w.LogStore.(raft.MonotonicLogStore)
	return ok && m.IsMonotonic()
}

// StoreLog implements raft.LogStore.
func (w *weighed) StoreLog(log *raft.Log) error { return w.StoreLogs([]*raft.Log{log}) }

// StoreLogs implements raft.LogStore.
func (w *weighed) StoreLogs(logs []*raft.Log) error {
	began := time.Now()
	if err := w.LogStore.StoreLogs(logs); err != nil {
		return err
	}
	w.took.add(time.Since(began))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes.Add(1)
	for _, l := range logs {
		if l.Index != w.first+uint64(len(w.sizes)) {
			w.first, w.sizes, w.sum = l.Index, w.sizes[:0], 0
		}
		n := uint32(len(l.Data) + len(l.Extensions) + 64)
		w.sizes = append(w.sizes, n)
		w.sum += uint64(n)
		w.written.Add(uint64(n))
	}
	return nil
}

// DeleteRange implements raft.LogStore.
func (w *weighed) DeleteRange(low, high uint64) error {
	if err := w.LogStore.DeleteRange(low, high); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	end := w.first + uint64(len(w.sizes))
	switch {
	case high < w.first || low >= end:
	case low <= w.first: // the head
		n := min(high+1, end) - w.first
		for _, size := range w.sizes[:n] {
			w.sum -= uint64(size)
		}
		w.first, w.sizes = w.first+n, append([]uint32(nil), w.sizes[n:]...)
	default: // the end
		for _, size := range w.sizes[low-w.first:] {
			w.sum -= uint64(size)
		}
		w.sizes = w.sizes[:low-w.first]
	}
	return nil
}

// bytes returns the size of all entries, and of those after index.
func (w *weighed) bytes(index uint64) (all, after uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := len(w.sizes) - 1; i >= 0 && w.first+uint64(i) > index; i-- {
		after += uint64(w.sizes[i])
	}
	return w.sum, after
}

// newest returns how many of the newest entries fit into this many bytes.
func (w *weighed) newest(bytes uint64) (n uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for sum := uint64(0); n < uint64(len(w.sizes)); n++ {
		if sum += uint64(w.sizes[uint64(len(w.sizes))-1-n]); sum > bytes {
			break
		}
	}
	return n
}
