package transport

import (
	"context"
	"sync/atomic"
	"time"

	"aion.dev/aion/transport/wire"
	"golang.org/x/sync/semaphore"
)

// Memory bounds what the bodies of all calls, and what is answered to them, take together. A limit
// for each call is none: thousands of calls within it are more than any machine has.
type Memory struct {
	size  int64
	sem   *semaphore.Weighted
	taken atomic.Int64
}

const (
	// memoryWait is how long a call waits for others to give memory back.
	memoryWait = 2 * time.Second
	// perByte is what a byte of a body costs: the body, what is made of it, and the entry of the
	// log.
	perByte = 3
	// smallAnswer is how long an answer may be that nobody accounts for. The kernel takes more of
	// it.
	smallAnswer = 64 << 10
	// perAnswered is what a byte of an answer costs: what it was made of, and the answer.
	perAnswered = 2
)

// answerTime is how long a caller may take to read so many bytes: 30 s, and 1 s for each 64 KiB.
func answerTime(n int) time.Duration { return 30*time.Second + time.Duration(n>>16)*time.Second }

// NewMemory returns size bytes of it, nothing of which is taken.
func NewMemory(size int64) *Memory {
	return &Memory{size: size, sem: semaphore.NewWeighted(size)}
}

// Take waits for n bytes for a moment, and returns a problem that names the limit when there are
// none. More than there are in all counts as all. It is for what holds memory beside the calls of a
// Server, such as those between nodes; Give gives the same n back.
func (m *Memory) Take(ctx context.Context, n int64) error {
	return m.take(ctx, min(n, m.size), memoryWait)
}

// Give gives back what was taken.
func (m *Memory) Give(n int64) { m.give(min(n, m.size)) }

// take waits so long for n bytes, which are no more than there are in all.
func (m *Memory) take(ctx context.Context, n int64, wait time.Duration) error {
	if !m.sem.TryAcquire(n) {
		ctx, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		if m.sem.Acquire(ctx, n) != nil {
			return wire.New("resource_exhausted", "the calls under way on this node take all the memory that limits.call_memory_bytes gives them").
				With("limit", m.size).With("setting", "limits.call_memory_bytes")
		}
	}
	m.taken.Add(n)
	return nil
}

func (m *Memory) give(n int64) {
	m.taken.Add(-n)
	m.sem.Release(n)
}

// room makes sure that the call has memory for a body of so many bytes. It is given back with
// leave.
func (x *exchange) room(body int64) error {
	m := x.server.memory
	more := min(perByte*body, m.size) - x.taken
	if more <= 0 {
		return nil
	}
	if err := m.take(x.r.Context(), more, memoryWait); err != nil {
		return err
	}
	x.taken += more
	return nil
}

// expect takes memory for the answer before it is made: hundreds of reads that are each made and
// then wait for memory hold it already. Slow readers may hold half of all, so that they keep nobody
// from writing.
func (x *exchange) expect(n int64, wait time.Duration) error {
	s, ctx := x.server, x.r.Context()
	more := min(perAnswered*n, s.answers.size) - x.answered
	if more <= 0 {
		return nil
	}
	if err := s.answers.take(ctx, more, wait); err != nil {
		return err
	}
	if err := s.memory.take(ctx, more, wait); err != nil {
		s.answers.give(more)
		return err
	}
	x.taken, x.answered = x.taken+more, x.answered+more
	return nil
}

// answer keeps of that what an answer of n bytes takes until its caller has read it. A read is
// refused where there is no memory; what changed something, or handed a task out, is told to its
// caller all the same.
func (x *exchange) answer(n int64) error {
	if less := x.answered - perAnswered*n; less > 0 {
		x.unexpect(less)
		return nil
	}
	if n <= smallAnswer {
		return nil
	}
	// What is made already holds its memory, so it does not wait for it.
	if err := x.expect(n, 0); err != nil && !x.route.write {
		return err
	}
	return nil
}

// reserve makes what the call holds for its answer as much as an answer of n bytes takes. With 0 it
// holds nothing, as a call must that waits: ten thousand may wait at a time.
func (x *exchange) reserve(n int64) error {
	if n <= smallAnswer {
		n = 0
	}
	if less := x.answered - perAnswered*n; less > 0 {
		x.unexpect(less)
		return nil
	}
	return x.expect(n, memoryWait)
}

// unexpect gives back what was taken for an answer and is not needed.
func (x *exchange) unexpect(n int64) {
	x.server.memory.give(n)
	x.server.answers.give(n)
	x.taken, x.answered = x.taken-n, x.answered-n
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
