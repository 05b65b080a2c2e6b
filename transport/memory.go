package transport

import (
	"context"
	"sync/atomic"
	"time"

	"aion.dev/aion/transport/wire"
	"golang.org/x/sync/semaphore"
)

// Memory bounds what the bodies and answers of all calls use together. A limit per call is not
// enough: thousands of calls within it need more memory than any machine has.
type Memory struct {
	size  int64
	sem   *semaphore.Weighted
	taken atomic.Int64
}

const (
	// memoryWait bounds how long a call waits until others release memory.
	memoryWait = 2 * time.Second
	// perByte is what a byte of a body costs: the body, what is decoded from it, and the entry of
	// the log.
	perByte = 3
	// smallAnswer is the size up to which answers are not accounted for. The kernel buffers more
	// than that.
	smallAnswer = 64 << 10
	// perAnswered is what a byte of an answer costs: its source, and the answer.
	perAnswered = 2
)

// answerTime is how long a caller may take to read that many bytes: 30 s, plus 1 s for each 64 KiB.
func answerTime(n int) time.Duration { return 30*time.Second + time.Duration(n>>16)*time.Second }

// NewMemory returns a Memory of size bytes, all of them free.
func NewMemory(size int64) *Memory {
	return &Memory{size: size, sem: semaphore.NewWeighted(size)}
}

// Take waits briefly for n bytes, and returns a problem that names the limit if there are none.
// More than the total counts as the total. It is for users of memory other than the calls of a
// Server, such as calls between nodes; release the same n with Give.
func (m *Memory) Take(ctx context.Context, n int64) error {
	return m.acquire(ctx, min(n, m.size), memoryWait)
}

// Give releases memory.
func (m *Memory) Give(n int64) { m.release(min(n, m.size)) }

// acquire waits up to wait for n bytes, which must not exceed the total.
func (m *Memory) acquire(ctx context.Context, n int64, wait time.Duration) error {
	if !m.sem.TryAcquire(n) {
		ctx, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		if m.sem.Acquire(ctx, n) != nil {
			return wire.New("resource_exhausted", "the calls under way on this node use all the memory that limits.call_memory_bytes allows").
				With("limit", m.size).With("setting", "limits.call_memory_bytes")
		}
	}
	m.taken.Add(n)
	return nil
}

func (m *Memory) release(n int64) {
	m.taken.Add(-n)
	m.sem.Release(n)
}

// reserveBody reserves memory for a body of that many bytes. releaseMemory releases it.
func (x *exchange) reserveBody(body int64) error {
	m := x.server.memory
	more := min(perByte*body, m.size) - x.reserved
	if more <= 0 {
		return nil
	}
	if err := m.acquire(x.r.Context(), more, memoryWait); err != nil {
		return err
	}
	x.reserved += more
	return nil
}

// reserveAnswer reserves memory for an answer before the answer is made: if hundreds of reads first
// made their answers and then waited for memory, they would already hold it. Slow readers may hold
// half of the memory, so that they cannot block writers.
func (x *exchange) reserveAnswer(n int64, wait time.Duration) error {
	s, ctx := x.server, x.r.Context()
	more := min(perAnswered*n, s.answers.size) - x.reservedAnswer
	if more <= 0 {
		return nil
	}
	if err := s.answers.acquire(ctx, more, wait); err != nil {
		return err
	}
	if err := s.memory.acquire(ctx, more, wait); err != nil {
		s.answers.release(more)
		return err
	}
	x.reserved, x.reservedAnswer = x.reserved+more, x.reservedAnswer+more
	return nil
}

// adjustReservation adjusts the reservation to an answer of n bytes, until its caller has read it.
// If there is no memory, a read is refused, but an answer that reports a change, or hands out a
// task, is still sent.
func (x *exchange) adjustReservation(n int64) error {
	if less := x.reservedAnswer - perAnswered*n; less > 0 {
		x.releaseAnswer(less)
		return nil
	}
	if n <= smallAnswer {
		return nil
	}
	// An answer that is already made holds its memory, so waiting would not help.
	if err := x.reserveAnswer(n, 0); err != nil && !x.route.write {
		return err
	}
	return nil
}

// setReservation sets the call's reservation for its answer to what an answer of n bytes needs.
// With 0 it holds nothing: a waiting call must hold nothing, because ten thousand may wait at a
// time.
func (x *exchange) setReservation(n int64) error {
	if n <= smallAnswer {
		n = 0
	}
	if less := x.reservedAnswer - perAnswered*n; less > 0 {
		x.releaseAnswer(less)
		return nil
	}
	return x.reserveAnswer(n, memoryWait)
}

// releaseAnswer releases memory that was reserved for an answer but is not needed.
func (x *exchange) releaseAnswer(n int64) {
	x.server.memory.release(n)
	x.server.answers.release(n)
	x.reserved, x.reservedAnswer = x.reserved-n, x.reservedAnswer-n
}

// releaseMemory releases the call's memory.
func (x *exchange) releaseMemory() {
	if x.reservedAnswer > 0 {
		x.server.answers.release(x.reservedAnswer)
		x.reservedAnswer = 0
	}
	if x.reserved > 0 {
		x.server.memory.release(x.reserved)
		x.reserved = 0
	}
}
