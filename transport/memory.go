package transport

import (
	"context"
	"sync/atomic"
	"time"

	"aion.dev/aion/transport/wire"
	"golang.org/x/sync/semaphore"
)

// memory bounds what the bodies of all calls take together. A limit for each call is none: thousands
// of calls within it are more than any machine has.
type memory struct {
	size  int64
	sem   *semaphore.Weighted
	taken atomic.Int64
}

const (
	// memoryWait is how long a call waits for others to give memory back.
	memoryWait = 2 * time.Second
	// perByte is what a byte of a body costs: the body, what is made of it, and the entry of the log.
	perByte = 3
)

func newMemory(size int64) *memory {
	return &memory{size: size, sem: semaphore.NewWeighted(size)}
}

// take waits shortly for n bytes; a call larger than everything gets everything.
func (m *memory) take(ctx context.Context, n int64) error {
	if !m.sem.TryAcquire(n) {
		ctx, cancel := context.WithTimeout(ctx, memoryWait)
		defer cancel()
		if m.sem.Acquire(ctx, n) != nil {
			return wire.New("resource_exhausted", "the calls under way on this node take all the memory that limits.call_memory_bytes gives them").
				With("limit", m.size).With("setting", "limits.call_memory_bytes")
		}
	}
	m.taken.Add(n)
	return nil
}

func (m *memory) give(n int64) {
	m.taken.Add(-n)
	m.sem.Release(n)
}

// room makes sure that the call has memory for a body of so many bytes. It is given back with leave.
func (x *exchange) room(body int64) error {
	m := x.server.memory
	more := min(perByte*body, m.size) - x.taken
	if more <= 0 {
		return nil
	}
	if err := m.take(x.r.Context(), more); err != nil {
		return err
	}
	x.taken += more
	return nil
}

// leave gives back what the call took.
func (x *exchange) leave() {
	if x.taken > 0 {
		x.server.memory.give(x.taken)
		x.taken = 0
	}
}
