package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// Config configures a Machine. Program and Member are required.
type Config struct {
	Program runtime.Program
	Member  catalog.Member
	// Version is what the run is on; zero = the version that it started on. The run's history is
	// replayed on it from the beginning.
	Version catalog.Version
	Limits  runtime.Limits
	Log     func(msg string) // receives what ctx.log writes in new turns; nil drops it
	Pace    Pace             // nil = never pauses
	Rules   func() uint64    // the rules of new turns, see history.Rules; nil = the newest
	Most    Most             // how long a history may be; zero = 50,000 events and 64 MiB
	Trace   bool             // code tells where it is, also where that costs time: for people
}

// Pace observes a machine's progress, and may pause it. Its methods get the context of the call
// that they belong to.
type Pace interface {
	// Turn is called before a recorded turn is replayed. An error ends Replay there, between two
	// turns, and the machine stays usable.
	Turn(ctx context.Context, n uint64) error
	// Yield is called now and then within a long turn, by the goroutine of the code. It may block.
	Yield(ctx context.Context)
}

// Machine is one run's code at one point of its history. It starts at the beginning of the run.
// Replay brings it to the recorded point, Next makes new turns, and queries read it without
// changes. It may be kept between turns or closed at any time: another machine, replaying the same
// history, reaches the same point. It is not safe for concurrent use. After an error only Close is
// allowed.
type Machine struct {
	exec   runtime.Execution
	ledger *ledger

	turns  uint64 // number of turns made, recorded or not, including void ones
	seen   uint64 // seq of the newest event that a turn has seen
	made   *Step  // made but not yet recorded
	ended  bool   // the code ended
	broken error  // the error of the first failed call
	cutAt  uint64 // cut the next new turn at this wait
	rules  func() uint64
	most   Most
}

// Step is a new turn, which Next asks the log to record.
type Step struct {
	N        uint64         // number of the turn, from 1
	Through  uint64         // seq of the newest event that the turn has seen
	Asked    []history.Data // what the code asked for, in order
	Waiting  []history.Wait // what the code now waits for; the first 100
	Consumed uint64         // signals consumed by waits, in all turns so far
	Closes   bool           // the last event of Asked ends the run
	Logs     []string       // what the code logged, truncated to the limit of a turn
	Cut      bool           // the code has more to do: the next turn is due even without news
	Waits    uint64         // the wait at which the turn was cut; 0 = not cut at a wait
	Rules    uint64         // by which the turn was made

	Suggested bool // code asked whether it should continue as new, and was told that it should
}

// New makes a machine at the start of a run. started is the run's first event, a WorkflowStarted.
// reopened are all its WorkflowReopened events, in order, however little of the history is replayed
// later: whatever they made void is skipped from the beginning.
func New(cfg Config, started history.Event, reopened ...history.Event) (*Machine, error) {
	data, ok := started.Data.(*history.WorkflowStarted)
	if !ok || started.Seq != 1 {
		return nil, fmt.Errorf("event %d is not a WorkflowStarted with seq 1", started.Seq)
	}
	if on := cmp.Or(cfg.Version, data.Version); on != cfg.Program.Version() {
		return nil, fmt.Errorf("run %s is on version %s, the program is version %s", data.RunID, on, cfg.Program.Version())
	}
	if data.WorkflowType != cfg.Member.Type {
		return nil, fmt.Errorf("run %s is a %s, the member is %s", data.RunID, catalog.Quote(data.WorkflowType), catalog.Quote(cfg.Member.Type))
	}
	v, err := newVoid(reopened)
	if err != nil {
		return nil, err
	}
	m := &Machine{seen: started.Seq, rules: cfg.Rules, most: cfg.Most}
	if m.rules == nil {
		m.rules = func() uint64 { return history.Rules }
	}
	m.ledger = newLedger(cfg, data)
	m.ledger.void = v
	m.ledger.now = started.At
	m.ledger.see(started)
	m.exec = cfg.Program.Start(cfg.Member, data.Input, m.ledger, cfg.Limits.OrDefault())
	if t, ok := m.exec.(runtime.Traced); ok && cfg.Trace {
		t.Trace()
	}
	m.ledger.where, m.ledger.spent = m.exec.Where, m.exec.Spent
	return m, nil
}

// Version returns the version of the code.
func (m *Machine) Version() catalog.Version { return m.ledger.version }

// Turns returns the number of turns made so far.
func (m *Machine) Turns() uint64 { return m.turns }

// Reopenings returns the number of WorkflowReopened events that the machine was made with. A
// machine that lacks a later one is useless.
func (m *Machine) Reopenings() int { return len(m.ledger.void.seqs) }

// Closed returns the event with which the code closed the run, as the code asked for it in the
// newest turn; nil if the run is open.
func (m *Machine) Closed() history.Data {
	if asked := m.ledger.book.asked; m.ended && len(asked) > 0 && history.Closes(asked[len(asked)-1]) {
		return asked[len(asked)-1]
	}
	return nil
}

// SetPace replaces the Pace from now on.
func (m *Machine) SetPace(p Pace) { m.ledger.pace = p }

// Seen returns the seq of the newest event that a turn has seen; before the first turn that is 1,
// the WorkflowStarted.
func (m *Machine) Seen() uint64 { return m.seen }

// parked is the memory of a machine that holds nothing. Its code tells its own, with its stacks.
const parked = 4 << 10

// Memory estimates in bytes what a parked machine keeps from other uses, for deciding which
// machines to close.
func (m *Machine) Memory() uint64 { return parked + m.exec.Memory() + m.ledger.held }

// Close drops the machine and waits until nothing of it is left. It may be called repeatedly.
func (m *Machine) Close() {
	m.exec.Close()
	m.broken = errors.Join(m.broken, errors.New("the machine is closed"))
}

// Usable reports whether no call has failed so that only Close is allowed.
func (m *Machine) Usable() bool { return m.broken == nil }

// usable returns why no turn may be made now.
func (m *Machine) usable() error {
	switch {
	case m.broken != nil:
		return fmt.Errorf("the machine is not usable after an error: %w", m.broken)
	case m.made != nil:
		return fmt.Errorf("turn %d is made and not yet recorded", m.made.N)
	case m.ended:
		return fmt.Errorf("turn %d closed the run", m.turns)
	}
	return nil
}

// watch interrupts the code when ctx ends; call stop once, after the code has returned. If ctx has
// ended by then, the code is interrupted, or will be at any time, even if it has done what it was
// asked for: stop breaks the machine, and makes *err the cause unless there is an error.
func (m *Machine) watch(ctx context.Context) (stop func(err *error)) {
	m.ledger.ctx = ctx
	if ctx.Done() == nil {
		return func(*error) {}
	}
	off := context.AfterFunc(ctx, func() { m.exec.Interrupt(context.Cause(ctx)) })
	return func(err *error) {
		if off() {
			return
		}
		if cause := m.fail(context.Cause(ctx)); *err == nil {
			*err = cause
		}
	}
}
