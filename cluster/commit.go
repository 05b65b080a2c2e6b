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

// The bounds of group commit. One AppendEntries carries up to 64 entries, so an entry of 256 KiB
// keeps it within 16 MiB; a larger command travels alone.
const (
	maxGroupCommands   = 1024
	maxGroupBytes      = 256 << 10
	maxInFlightEntries = 4
	maxInFlightBytes   = 8 << 20
	maxWaitingCommands = 16 << 10
	maxWaitingBytes    = 64 << 20
)

// committer turns the commands that callers bring into log entries, for the length of one term.
// What gathers while entries are on their way becomes the next entry: an idle committer adds no
// delay, a busy one writes large entries.
type committer struct {
	raft     *raft.Raft
	leader   func() string // who leads now, as far as this node knows; empty when it does not
	now      func() history.Time
	slots    chan struct{} // holds one for each entry in flight
	inFlight chan entry    // in log order; slots keeps it from filling up
	over     sync.WaitGroup

	mu      sync.Mutex
	waiting []*command
	bytes   int   // of waiting
	flying  int   // bytes of the entries in flight
	ended   error // why no command is taken any more
	wake    chan struct{}
}

// entry is a log entry that raft was given.
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
	c.over.Go(c.answer)
	return c
}

// propose brings one encoded command into the log and waits for its outcome; errors are those of
// engine.Log.
func (c *committer) propose(ctx context.Context, piece []byte, mark byte, work uint64) (fsm.Result, error) {
	cmd := &command{piece: piece, mark: mark, work: work, answer: make(chan answer, 1)}
	if err := c.enqueue(cmd); err != nil {
		return fsm.Result{}, err
	}
	select {
	case a := <-cmd.answer:
		return a.result, a.err
	case <-ctx.Done():
	}
	if cmd.fate.CompareAndSwap(fateWaiting, fateWithdrawn) {
		return fsm.Result{}, tooLate(ctx, "its command waited for its turn")
	}
	select {
	case a := <-cmd.answer:
		return a.result, a.err
	default:
		return fsm.Result{}, &engine.Unknown{Cause: fmt.Errorf("the call ended while its command was in the log: %w", context.Cause(ctx))}
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
	case c.bytes+len(cmd.piece) > maxWaitingBytes:
		return &engine.Unavailable{Why: fmt.Sprintf("commands of %d bytes wait for the log, the limit is %d", c.bytes, maxWaitingBytes)}
	}
	c.waiting = append(c.waiting, cmd)
	c.bytes += len(cmd.piece)
	c.signal()
	return nil
}

// end refuses further commands and those that wait with err. Those in flight get their answer from
// raft. It may be called more than once.
func (c *committer) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended != nil {
		return
	}
	c.ended = err
	for _, cmd := range c.waiting {
		cmd.settle(answer{err: err})
	}
	c.waiting, c.bytes = nil, 0
	c.signal()
}

// wait returns once everything in flight is answered. Call end first, and this before raft shuts
// down: raft never answers what is between its log and its state machine at that moment.
func (c *committer) wait() { c.over.Wait() }

// signal wakes the commit loop; c.mu is held.
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
		c.slots <- struct{}{} // first the slot, then the commands: an entry is made as late as it can be, and so as large
		commands, size := c.take()
		if commands == nil {
			return
		}
		pieces := make([][]byte, len(commands))
		for i, cmd := range commands {
			pieces[i] = cmd.piece
		}
		log := raft.Log{Data: fsm.EntryOf(c.now(), pieces)}
		if mark := markOfAll(commands); mark != 0 {
			log.Extensions = []byte{mark}
		}
		// Without a timeout: the entry is handed over when raft's main loop is there to take it,
		// and not before. A loop that never comes back is the watchdog's business.
		c.inFlight <- entry{commands, size, c.raft.ApplyLog(log, 0)}
	}
}

// take waits for commands and returns those of the next entry, or nil when the term has ended.
func (c *committer) take() ([]*command, int) {
	for {
		c.mu.Lock()
		if c.ended != nil {
			c.mu.Unlock()
			return nil, 0
		}
		commands, size := c.next(maxInFlightBytes - c.flying)
		c.flying += size
		c.mu.Unlock()
		if len(commands) > 0 {
			return commands, size
		}
		<-c.wake
	}
}

// next takes the commands of one entry of at most room bytes off the queue; c.mu is held.
func (c *committer) next(room int) (commands []*command, size int) {
	n, work := 0, uint64(0)
	for ; n < len(c.waiting) && len(commands) < maxGroupCommands; n++ {
		cmd := c.waiting[n]
		alone := len(cmd.piece) > maxGroupBytes || cmd.mark == markCheck
		if len(commands) > 0 && (alone || size+len(cmd.piece) > maxGroupBytes || work+cmd.work > fsm.EntryBudget) || size+len(cmd.piece) > room {
			break
		}
		if !cmd.fate.CompareAndSwap(fateWaiting, fateTaken) {
			c.bytes -= len(cmd.piece)
			continue // withdrawn
		}
		commands = append(commands, cmd)
		size += len(cmd.piece)
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

// answer hands outcomes to callers, in log order.
func (c *committer) answer() {
	for e := range c.inFlight {
		results, err := outcomes(e, c.leader)
		for i, cmd := range e.commands {
			if err != nil {
				cmd.settle(answer{err: err})
			} else {
				cmd.settle(answer{result: results[i]})
			}
		}
		c.mu.Lock()
		c.flying -= e.bytes
		c.signal()
		c.mu.Unlock()
		<-c.slots
	}
}

// outcomes waits for what became of an entry.
func outcomes(e entry, leader func() string) ([]fsm.Result, error) {
	if err := e.future.Error(); err != nil {
		return nil, proposeError(err, leader())
	}
	switch r := e.future.Response().(type) {
	case []fsm.Result:
		if len(r) == len(e.commands) {
			return r, nil
		}
		return nil, &engine.Unknown{Cause: fmt.Errorf("%d commands of entry %d have %d results", len(e.commands), e.future.Index(), len(r))}
	case error:
		return nil, &engine.Unknown{Cause: r}
	default:
		return nil, &engine.Unknown{Cause: fmt.Errorf("entry %d answered a %T", e.future.Index(), r)}
	}
}

// settle gives the command its answer. Nobody waits for that of a withdrawn one.
func (cmd *command) settle(a answer) { cmd.answer <- a }

// markOfAll is the mark of an entry: that of its commands where they agree. Checks travel alone.
func markOfAll(commands []*command) byte {
	for _, cmd := range commands {
		if cmd.mark == 0 {
			return 0
		}
	}
	return commands[0].mark
}
