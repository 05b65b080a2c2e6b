package transport

import (
	"cmp"
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"aion.dev/aion/transport/wire"
	"golang.org/x/sync/semaphore"
)

// Limits bound what callers control. The zero value of each field is its default.
type Limits struct {
	ArchiveBytes int64         // body of a deploy: 64 MiB
	PayloadBytes int64         // of one input, signal or query argument: 2 MiB. A body may be 64 KiB larger
	Calls        int64         // calls under way at a time that do not wait: 8,192. Each may hold a body in memory, here and at the leader
	Polls        int64         // calls waiting at a time (?wait=, and polls for tasks): 50,000
	Streams      int64         // event streams at a time: 1,000
	Loads        int64         // deploys at a time: 8. Each holds its archive in memory
	LoadWait     time.Duration // how long more of them wait their turn: 10 s
	LeaderWait   time.Duration // how long a call waits for a leader: 5 s
	Arrival      time.Duration // for a body to arrive: 30 s, and 1 s more for each 256 KiB
	Heartbeat    time.Duration // longest silence of an event stream: 10 s
	CallMemory   int64         // that the bodies of all calls take together: 256 MiB
	Connections  int           // open at a time: 100,000. Each is a file descriptor, and so is each call that is passed on
	Linger       time.Duration // how long a body is read on, and thrown away, whose call has been answered: 5 s
	Drain        time.Duration // how long calls may go on after Serve was told to end: 10 s
}

// What no configuration changes.
const (
	bodySlack    = 64 << 10         // of a JSON body beyond its payload
	smallBody    = 64 << 10         // of calls that carry no payload
	pollBody     = 1 << 20          // of a poll for tasks, which may name a thousand activities
	writeTimeout = 15 * time.Minute // from the head of a request to the end of its answer
	callTimeout  = 30 * time.Second // for the engine to answer, beyond what a caller asks to wait
	loadTimeout  = 5 * time.Minute  // for a deploy: the archive is compiled, and copied to a majority
	streamWrite  = 30 * time.Second // for a consumer of events to take a batch; a slower one is dropped and may resume
	scrapes      = 16               // of metrics at a time; they need no token, so each could hold its answer
	streamBatch  = 256              // events read at a time
)

func (l Limits) withDefaults() Limits {
	l.ArchiveBytes = cmp.Or(l.ArchiveBytes, 64<<20)
	l.PayloadBytes = cmp.Or(l.PayloadBytes, 2<<20)
	l.Calls = cmp.Or(l.Calls, 8_192)
	l.Polls = cmp.Or(l.Polls, 50_000)
	l.Streams = cmp.Or(l.Streams, 1_000)
	l.Loads = cmp.Or(l.Loads, 8)
	l.LoadWait = cmp.Or(l.LoadWait, 10*time.Second)
	l.LeaderWait = cmp.Or(l.LeaderWait, 5*time.Second)
	l.Arrival = cmp.Or(l.Arrival, 30*time.Second)
	l.Heartbeat = cmp.Or(l.Heartbeat, 10*time.Second)
	l.CallMemory = cmp.Or(l.CallMemory, 256<<20)
	l.Connections = cmp.Or(l.Connections, 100_000)
	l.Linger = cmp.Or(l.Linger, 5*time.Second)
	l.Drain = cmp.Or(l.Drain, 10*time.Second)
	return l
}

// line is a number of places for which callers wait their turn, for a while.
type line struct {
	what   string
	limit  int64
	wait   time.Duration
	places *semaphore.Weighted
}

func newLine(what string, limit int64, wait time.Duration) *line {
	return &line{what, limit, wait, semaphore.NewWeighted(limit)}
}

// take returns how to give the place back, or a problem when none came free in time: another node
// may have some.
func (l *line) take(ctx context.Context) (release func(), err error) {
	within, cancel := context.WithTimeout(ctx, l.wait)
	defer cancel()
	if l.places.Acquire(within, 1) != nil {
		return nil, wire.New("unavailable", fmt.Sprintf("this node serves as many %s as it may, and none of them ended within %s", l.what, l.wait)).With("limit", l.limit)
	}
	return func() { l.places.Release(1) }, nil
}

// slots counts what goes on at a time.
type slots struct {
	what  string
	limit int64
	taken atomic.Int64
}

// take returns how to give the slot back, or a problem when none is left: another node may have
// some.
func (s *slots) take() (release func(), err error) {
	if s.taken.Add(1) > s.limit {
		s.taken.Add(-1)
		return nil, wire.New("unavailable", "this node serves as many "+s.what+" as it may already").With("limit", s.limit)
	}
	return func() { s.taken.Add(-1) }, nil
}
