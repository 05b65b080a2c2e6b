package cluster

import (
	"context"
	"fmt"
	"sync"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"github.com/hashicorp/raft"
)

// These are the bounds of group commit. One AppendEntries carries up to 64 entries, so 256 KiB per
// entry keep it within 16 MiB. A larger command gets an entry of its own.
const (
	maxGroupCommands   = 1024
	maxGroupBytes      = 256 << 10
	maxInFlightEntries = 4
	maxInFlightBytes   = 8 << 20
	maxWaitingCommands = 16 << 10
	maxWaitingBytes    = 64 << 20
)

// committer turns callers' commands into log entries for the length of one term. The commands that
// gather while entries are in flight become the next entry. So an idle committer adds no delay, and
// a busy one writes large entries.
type committer struct {
	raft     *raft.Raft
	leader   func() string // the current leader as far as this node knows; empty if unknown
	now      func() history.Time
	slots    chan struct{} // holds one element for each entry in flight
	inFlight chan entry    // in log order; slots keeps it from filling up
	over     sync.WaitGroup

	mu      sync.Mutex
	waiting []*command
	bytes   int   // bytes of the commands in waiting
	flying  int   // bytes of the entries in flight
	ended   error // why no more commands are accepted
	wake    chan struct{}
}

// entry is a log entry handed to raft.
type entry struct {
	commands []*command
	bytes    int
	future   raft.ApplyFuture
}

func startCommitter(r *raft.Raft, now func() history.Time, leader func() string) *committer {
	c := &committer{
		raft:     r,
		leader:   leader,
		now:      now,
		slots:    make(chan struct{}, maxInFlightEntries),
		inFlight: make(chan entry, maxInFlightEntries),
		wake:     make(chan struct{}, 1),
	}
	c.over.Go(c.commit)
	c.over.Go(c.deliverOutcomes)
	return c
}

// propose replicates a command and waits for its outcome, one result for each of its pieces. Its
// errors are those of engine.Log.
func (c *committer) propose(ctx context.Context, cmd *command) ([]fsm.Result, error) {
	if err := c.enqueue(cmd); err != nil {
		return nil, err
	}
	select {
	case a := <-cmd.answer:
		return a.results, a.err
	case <-ctx.Done():
	}
	if cmd.fate.CompareAndSwap(fateWaiting, fateWithdrawn) {
		return nil, tooLate(ctx, "its command waited for its turn")
	}
	select {
	case a := <-cmd.answer:
		return a.results, a.err
	default:
		return nil, &engine.Unknown{Cause: fmt.Errorf("the call ended while its command was in the log: %w", context.Cause(ctx))}
	}
}

func (c *committer) enqueue(cmd *command) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.ended != nil:
		return c.ended
	case len(c.waiting) >= maxWaitingCommands:
		return &engine.Unavailable{Why: fmt.Sprintf("%d commands wait for the log, the limit is %d", len(c.waiting), maxWaitingCommands)}
	case c.bytes+cmd.bytes > maxWaitingBytes:
		return &engine.Unavailable{Why: fmt.Sprintf("commands of %d bytes wait for the log, the limit is %d", c.bytes, maxWaitingBytes)}
	}
	c.waiting = append(c.waiting, cmd)
	c.bytes += cmd.bytes
	c.signal()
	return nil
}

// end fails later commands and those still queued with err. Commands in flight get their answer
// from raft. It may be called more than once.
func (c *committer) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended != nil {
		return
	}
	c.ended = err
	for _, cmd := range c.waiting {
		cmd.deliver(answer{err: err})
	}
	c.waiting, c.bytes = nil, 0
	c.signal()
}

// wait returns once everything in flight is answered. Call end first, and call wait before raft
// shuts down: at shutdown raft never answers an entry between its log and its state machine.
func (c *committer) wait() { c.over.Wait() }

// signal wakes the commit loop. The caller holds c.mu.
func (c *committer) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// commit writes entries until the term ends.
func (c *committer) commit() {
	defer close(c.inFlight)
	for {
		// first the slot, then the commands: an entry that is built as late as possible is as large
		// as possible
		c.slots <- struct{}{}
		commands, size := c.nextEntry()
		if commands == nil {
			return
		}
		pieces := make([][]byte, 0, len(commands))
		for _, cmd := range commands {
			pieces = append(pieces, cmd.pieces...)
		}
		log := raft.Log{Data: fsm.EntryOf(c.now(), pieces)}
		if mark := markOfAll(commands); mark != 0 {
			log.Extensions = []byte{mark}
		}
		// ApplyLog gets no timeout: it hands the entry over when raft's main loop is ready for it.
		// The watchdog handles a main loop that never is.
		c.inFlight <- entry{commands, size, c.raft.ApplyLog(log, 0)}
	}
}

// nextEntry waits for commands and returns those of the next entry, or nil once the term has ended.
func (c *committer) nextEntry() ([]*command, int) {
	for {
		c.mu.Lock()
		if c.ended != nil {
			c.mu.Unlock()
			return nil, 0
		}
		commands, size := c.dequeue(maxInFlightBytes - c.flying)
		c.flying += size
		c.mu.Unlock()
		if len(commands) > 0 {
			return commands, size
		}
		<-c.wake
	}
}

// dequeue removes the commands of one entry, at most room bytes, from the queue. The caller holds
// c.mu.
func (c *committer) dequeue(room int) (commands []*command, size int) {
	n, taken, work := 0, 0, uint64(0)
	for ; n < len(c.waiting) && taken < maxGroupCommands; n++ {
		cmd := c.waiting[n]
		alone := cmd.bytes > maxGroupBytes || cmd.mark == markCheck
		if len(commands) > 0 && (alone || size+cmd.bytes > maxGroupBytes || work+cmd.work > fsm.EntryBudget) || size+cmd.bytes > room {
			break
		}
		if !cmd.fate.CompareAndSwap(fateWaiting, fateTaken) {
			c.bytes -= cmd.bytes
			continue // withdrawn
		}
		commands = append(commands, cmd)
		taken += len(cmd.pieces)
		size += cmd.bytes
		work += cmd.work
		if alone {
			n++
			break
		}
	}
	clear(c.waiting[:n])
	if c.waiting = c.waiting[n:]; len(c.waiting) == 0 {
		c.waiting = nil
	}
	c.bytes -= size
	return commands, size
}

// deliverOutcomes answers callers in log order.
func (c *committer) deliverOutcomes() {
	for e := range c.inFlight {
		results, err := outcomes(e, c.leader)
		for _, cmd := range e.commands {
			if err != nil {
				cmd.deliver(answer{err: err})
				continue
			}
			n := len(cmd.pieces)
			cmd.deliver(answer{results: results[:n:n]})
			results = results[n:]
		}
		c.mu.Lock()
		c.flying -= e.bytes
		c.signal()
		c.mu.Unlock()
		<-c.slots
	}
}

// outcomes waits until raft has answered an entry, and returns one result for each piece of its
// commands.
func outcomes(e entry, leader func() string) ([]fsm.Result, error) {
	if err := e.future.Error(); err != nil {
		return nil, proposeError(err, leader())
	}
	pieces := 0
	for _, cmd := range e.commands {
		pieces += len(cmd.pieces)
	}
	switch r := e.future.Response().(type) {
	case []fsm.Result:
		if len(r) == pieces {
			return r, nil
		}
		return nil, &engine.Unknown{Cause: fmt.Errorf("%d commands of entry %d have %d results", pieces, e.future.Index(), len(r))}
	case error:
		return nil, &engine.Unknown{Cause: r}
	default:
		return nil, &engine.Unknown{Cause: fmt.Errorf("entry %d answered a %T", e.future.Index(), r)}
	}
}

// deliver gives the command its answer. If the command was withdrawn, nobody reads it.
func (cmd *command) deliver(a answer) { cmd.answer <- a }

// markOfAll returns the commands' mark if they all have the same one. A check is always alone in
// its entry.
func markOfAll(commands []*command) byte {
	for _, cmd := range commands {
		if cmd.mark == 0 {
			return 0
		}
	}
	return commands[0].mark
}
