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
	// largePage is what a page of a run's history may have.
	largePage = 8 << 20
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

// take waits so long for n bytes, which are no more than there are in all.
func (m *memory) take(ctx context.Context, n int64, wait time.Duration) error {
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
