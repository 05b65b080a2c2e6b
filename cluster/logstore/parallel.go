package logstore

import (
	"errors"
	"math"
	"sync"

	"github.com/hashicorp/raft"
)

// Parallel writes a leader's commands while raft already sends them to the others, so that the two
// fsyncs of a commit overlap instead of following each other. Raft takes an entry for written once
// StoreLogs has returned. So whoever uses a Parallel must let nobody see that an entry of it is
// committed before it is on this disk: see Durable and Await.
//
// Everything but the commands of a leader is on disk before StoreLogs returns. So a leader that was
// deposed may acknowledge to the next one commands that it has only in memory, but not the entry
// with which that leader's term begins, before which nothing is committed by counting.
//
// One goroutine, raft's main loop, writes and cuts the end.
type Parallel struct {
	raft.LogStore
	leads func() bool // called by StoreLogs, on raft's main loop

	mu      sync.Mutex
	moved   sync.Cond   // of mu: an entry came, was written, or could not be
	pending []*raft.Log // not on disk yet, without gaps
	failed  error       // of the disk; nothing is written after it
	closed  bool
	over    sync.WaitGroup
}

// maxParallelBytes is the size of a write from which on the disk comes first: what is in memory
// stays small, and an entry that cannot be written is refused as ever.
const maxParallelBytes = 1 << 20

var errClosed = errors.New("the log is closed")

// NewParallel puts a Parallel on top of store. The caller closes it once raft has shut down, and
// before the store.
func NewParallel(store raft.LogStore, leads func() bool) *Parallel {
	p := &Parallel{LogStore: store, leads: leads}
	p.moved.L = &p.mu
	p.over.Go(p.write)
	return p
}

// Close returns once everything is written.
func (p *Parallel) Close() error {
	p.mu.Lock()
	p.closed = true
	p.moved.Broadcast()
	p.mu.Unlock()
	p.over.Wait()
	return nil
}

// Durable returns the index up to which all entries that this node has are on its disk: all of them
// if nothing is being written.
func (p *Parallel) Durable() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.pending) == 0 {
		return math.MaxUint64
	}
	return p.pending[0].Index - 1
}

// Await returns once the entries up to index are on this disk, and fails if they cannot be written.
func (p *Parallel) Await(index uint64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.failed == nil && len(p.pending) > 0 && p.pending[0].Index <= index {
		p.moved.Wait()
	}
	return p.failed
}

// IsMonotonic implements raft.MonotonicLogStore, which raft looks for by type assertion.
func (p *Parallel) IsMonotonic() bool {
	m, ok := p.LogStore.(raft.MonotonicLogStore)
	return ok && m.IsMonotonic()
}

// LastIndex implements raft.LogStore.
func (p *Parallel) LastIndex() (uint64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.pending); n > 0 {
		return p.pending[n-1].Index, nil
	}
	return p.LogStore.LastIndex()
}

// GetLog implements raft.LogStore. The entry's bytes are shared and must not be changed.
func (p *Parallel) GetLog(index uint64, log *raft.Log) error {
	p.mu.Lock()
	if n := len(p.pending); n > 0 && index >= p.pending[0].Index && index <= p.pending[n-1].Index {
		*log = *p.pending[index-p.pending[0].Index]
		p.mu.Unlock()
		return nil
	}
	p.mu.Unlock()
	return p.LogStore.GetLog(index, log)
}

// StoreLog implements raft.LogStore.
func (p *Parallel) StoreLog(log *raft.Log) error { return p.StoreLogs([]*raft.Log{log}) }

// StoreLogs implements raft.LogStore.
func (p *Parallel) StoreLogs(logs []*raft.Log) error {
	if !p.leads() || !small(logs) {
		if err := p.Await(math.MaxUint64); err != nil {
			return err
		}
		return p.LogStore.StoreLogs(logs)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.failed != nil:
		return p.failed
	case p.closed:
		return errClosed
	}
	for _, log := range logs {
		kept := *log // a copy for the reason that tail has
		p.pending = append(p.pending, &kept)
	}
	p.moved.Broadcast()
	return nil
}

// small reports whether these are commands that may be sent first. The entries by which raft itself
// works, of terms, barriers and configurations, are few, and answered without the state machine.
func small(logs []*raft.Log) bool {
	size := 0
	for _, log := range logs {
		if log.Type != raft.LogCommand {
			return false
		}
		size += len(log.Data)
	}
	return size <= maxParallelBytes
}

// DeleteRange implements raft.LogStore.
func (p *Parallel) DeleteRange(low, high uint64) error {
	if err := p.Await(high); err != nil {
		return err
	}
	return p.LogStore.DeleteRange(low, high)
}

// write writes what is pending, all of it at once, until the log is closed.
func (p *Parallel) write() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		for len(p.pending) == 0 && !p.closed {
			p.moved.Wait()
		}
		n := len(p.pending)
		if n == 0 {
			return
		}
		batch := p.pending[:n:n]
		p.mu.Unlock()
		err := p.LogStore.StoreLogs(batch)
		p.mu.Lock()
		if err != nil {
			p.failed = err
			p.moved.Broadcast()
			return
		}
		clear(p.pending[:n])
		if p.pending = p.pending[n:]; len(p.pending) == 0 {
			p.pending = nil
		}
		p.moved.Broadcast()
	}
}
