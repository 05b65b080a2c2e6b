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

// Limits bound what callers control. A zero field means its default.
type Limits struct {
	ArchiveBytes int64         // body of a deploy: 64 MiB
	RestoreBytes int64         // body of a restore: 256 GiB. It is read as it arrives
	PayloadBytes int64         // of one input, signal or query argument: 2 MiB. A body may be 64 KiB larger
	BatchStarts  int           // runs that one call may start: 1,000
	Calls        int64         // concurrent calls that do not wait: 8,192. Each may hold a body in memory, here and at the leader
	Polls        int64         // concurrent waiting calls (?wait=, and polls for tasks): 50,000
	Streams      int64         // concurrent event streams: 1,000
	Loads        int64         // concurrent deploys: 8. Each holds its archive in memory
	LoadWait     time.Duration // how long further deploys wait their turn: 10 s
	LeaderWait   time.Duration // how long a call waits for a leader: 5 s
	Arrival      time.Duration // for a body to arrive: 30 s, plus 1 s for each 256 KiB
	Heartbeat    time.Duration // the longest silence of an event stream: 10 s
	CallMemory   int64         // that the bodies of all calls use together: 256 MiB
	Agents       int64         // messages of agents at a time: 64. Each may hold its bytes, and an answer of 4 MiB
	AgentBytes   int64         // of a message of an agent: 4 MiB
	Connections  int           // open connections: 100,000. Each is a file descriptor, and so is each forwarded call
	Linger       time.Duration // how long the rest of an answered call's body is read and discarded: 5 s
	Drain        time.Duration // how long calls may go on after Serve was told to end: 10 s
}

// Limits that no configuration changes.
const (
	bodySlack    = 64 << 10         // of a JSON body beyond its payload
	smallBody    = 64 << 10         // of calls that carry no payload
	pollBody     = 1 << 20          // of a poll for tasks, which may name a thousand activities
	writeTimeout = 15 * time.Minute // from the head of a request to the end of its answer
	callTimeout  = 30 * time.Second // for the engine to answer, beyond the requested wait
	loadTimeout  = 5 * time.Minute  // for a deploy, which compiles the archive and copies it to a majority
	streamWrite  = 30 * time.Second // for a consumer of events to read a batch; a slower one is dropped and may resume
	scrapes      = 16               // concurrent reads of metrics; they need no token, so each could hold its answer
	streamBatch  = 256              // events per read
)

func (l Limits) withDefaults() Limits {
	l.ArchiveBytes = cmp.Or(l.ArchiveBytes, 64<<20)
	l.RestoreBytes = cmp.Or(l.RestoreBytes, 256<<30)
	l.PayloadBytes = cmp.Or(l.PayloadBytes, 2<<20)
	l.BatchStarts = cmp.Or(l.BatchStarts, wire.MaxStarts)
	l.Calls = cmp.Or(l.Calls, 8_192)
	l.Polls = cmp.Or(l.Polls, 50_000)
	l.Streams = cmp.Or(l.Streams, 1_000)
	l.Loads = cmp.Or(l.Loads, 8)
	l.LoadWait = cmp.Or(l.LoadWait, 10*time.Second)
	l.LeaderWait = cmp.Or(l.LeaderWait, 5*time.Second)
	l.Arrival = cmp.Or(l.Arrival, 30*time.Second)
	l.Heartbeat = cmp.Or(l.Heartbeat, 10*time.Second)
	l.CallMemory = cmp.Or(l.CallMemory, 256<<20)
	l.Agents = cmp.Or(l.Agents, 64)
	l.AgentBytes = cmp.Or(l.AgentBytes, 4<<20)
	l.Connections = cmp.Or(l.Connections, 100_000)
	l.Linger = cmp.Or(l.Linger, 5*time.Second)
	l.Drain = cmp.Or(l.Drain, 10*time.Second)
	return l
}

// line is a number of places, for which callers wait their turn for a while.
type line struct {
	what   string
	limit  int64
	wait   time.Duration
	places *semaphore.Weighted
}

func newLine(what string, limit int64, wait time.Duration) *line {
	return &line{what, limit, wait, semaphore.NewWeighted(limit)}
}

// acquire acquires a place. It returns how to release it, or a problem if none became free in time:
// another node may have one.
func (l *line) acquire(ctx context.Context) (release func(), err error) {
	within, cancel := context.WithTimeout(ctx, l.wait)
	defer cancel()
	if l.places.Acquire(within, 1) != nil {
		return nil, wire.New("unavailable", fmt.Sprintf("this node serves as many %s as it may, and none of them ended within %s", l.what, l.wait)).With("limit", l.limit)
	}
	return func() { l.places.Release(1) }, nil
}

// slots bounds concurrent work.
type slots struct {
	what  string
	limit int64
	taken atomic.Int64
}

// acquire acquires a slot. It returns how to release it, or a problem if none is free: another node
// may have one.
func (s *slots) acquire() (release func(), err error) {
	if s.taken.Add(1) > s.limit {
		s.taken.Add(-1)
		return nil, wire.New("unavailable", "this node serves as many "+s.what+" as it may already").With("limit", s.limit)
	}
	return func() { s.taken.Add(-1) }, nil
}
