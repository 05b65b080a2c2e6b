package transport

import (
	"context"
	"sync/atomic"
	"time"

	"aion.dev/aion/transport/wire"
	"golang.org/x/sync/semaphore"
)

// memory bounds what the bodies of all calls, and what is answered to them, take together. A limit
// for each call is none: thousands of calls within it are more than any machine has.
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
	// smallAnswer is how long an answer may be that nobody accounts for. The kernel takes more of it.
	smallAnswer = 64 << 10
	// perAnswered is what a byte of an answer costs: what it was made of, and the answer.
	perAnswered = 2
)

// answerTime is how long a caller may take to read so many bytes: 30 s, and 1 s for each 64 KiB.
func answerTime(n int) time.Duration { return 30*time.Second + time.Duration(n>>16)*time.Second }

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

// answer takes memory for an answer of n bytes until the call ends. Slow readers may hold half of
// all, so that they keep nobody from writing. A read is refused where there is no memory; what
// changed something, or handed a task out, is told to its caller all the same.
func (x *exchange) answer(n int) error {
	s, ctx := x.server, x.r.Context()
	size := min(perAnswered*int64(n), s.answers.size)
	err := s.answers.take(ctx, size)
	if err == nil {
		if err = s.memory.take(ctx, size); err != nil {
			s.answers.give(size)
		}
	}
	switch {
	case err == nil:
		x.taken, x.answered = x.taken+size, size
	case x.route.write:
		return nil
	}
	return err
}

// leave gives back what the call took.
func (x *exchange) leave() {
	if x.answered > 0 {
		x.server.answers.give(x.answered)
		x.answered = 0
	}
	if x.taken > 0 {
		x.server.memory.give(x.taken)
		x.taken = 0
	}
}
