package replay

import (
	"context"
	"errors"
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// Config says which code a Machine runs. Program and Member are required.
type Config struct {
	Program runtime.Program
	Member  catalog.Member
	Limits  runtime.Limits
	Log     func(msg string) // gets what ctx.log says in new turns; nil drops it
	Pace    Pace             // nil = it never waits
}

// Pace is told how a machine gets on. Its methods get the context of the call that they belong to.
type Pace interface {
	// Turn is called before a recorded turn is shown again. An error ends Replay there, between two
	// turns, and the machine stays usable.
	Turn(ctx context.Context, n uint64) error
	// Yield is called now and then from within a long turn, on the side of the code. It may block.
	Yield(ctx context.Context)
}

// Machine is one run's code at one point of its history. It is made at the start of the run,
// brought to the recorded point by Replay, and then makes new turns with Next, and answers queries,
// which change nothing. It may stay between turns or be closed at any time: another one, shown the
// same history, comes to the same point. It is not safe for concurrent use. After an error it is
// good for Close only.
type Machine struct {
	exec   runtime.Execution
	ledger *ledger

	turns  uint64 // made, recorded or not, void ones included
	seen   uint64 // newest event that a turn has seen
	step   *Step  // made and not yet recorded
	ended  bool   // the code ended
	broken error  // what the first failed call returned
	cutAt  uint64 // the next new turn is cut at this wait
}

// Step is a new turn: what Next asks the log to record.
type Step struct {
	N        uint64         // number of the turn, from 1
	Through  uint64         // newest event that the turn has seen
	Asked    []history.Data // what the code asked for, in order
	Waiting  []history.Wait // what the code waits for now; the first 100
	Consumed uint64         // signals taken by waits, in all turns so far
	Closes   bool           // the last of Asked ends the run
	Logs     []string       // what the code logged, cut to the limit of a turn
	Cut      bool           // the code has more to do: the next turn is needed whether there is news or not
	Waits    uint64         // the wait at which it was cut; 0 = it was not cut at a wait
}

// New makes a machine at the start of a run. started is the run's first event, a WorkflowStarted;
// reopened are all its WorkflowReopened events, in order, however little of the history is shown
// afterwards: what they made void is passed over from the beginning.
func New(cfg Config, started history.Event, reopened ...history.Event) (*Machine, error) {
	data, ok := started.Data.(*history.WorkflowStarted)
	if !ok || started.Seq != 1 {
		return nil, fmt.Errorf("event %d is no WorkflowStarted with seq 1", started.Seq)
	}
	if data.Version != cfg.Program.Version() {
		return nil, fmt.Errorf("run %s is on version %s, the program is version %s", data.RunID, data.Version, cfg.Program.Version())
	}
	if data.WorkflowType != cfg.Member.Type {
		return nil, fmt.Errorf("run %s is a %s, the member is %s", data.RunID, catalog.Quote(data.WorkflowType), catalog.Quote(cfg.Member.Type))
	}
	v, err := newVoid(reopened)
	if err != nil {
		return nil, err
	}
	m := &Machine{seen: started.Seq}
	m.ledger = newLedger(cfg, data)
	m.ledger.void = v
	m.ledger.now = started.At
	m.exec = cfg.Program.Start(cfg.Member, data.Input, m.ledger, cfg.Limits.OrDefault())
	m.ledger.where, m.ledger.spent = m.exec.Where, m.exec.Spent
	return m, nil
}

// Turns is the number of turns made so far.
func (m *Machine) Turns() uint64 { return m.turns }

// Reopenings is the number of WorkflowReopened events that the machine was made with: one that was
// made before another came is of no use any more.
func (m *Machine) Reopenings() int { return len(m.ledger.void.seqs) }

// SetPace sets who is told how the machine gets on from now on.
func (m *Machine) SetPace(p Pace) { m.ledger.pace = p }

// Seen is the seq of the newest event that a turn has seen; before the first turn that is 1, the
// WorkflowStarted.
func (m *Machine) Seen() uint64 { return m.seen }

// parked is what a machine takes that holds nothing, mostly the stack of its code.
const parked = 12 << 10

// Memory is about what a parked machine keeps from other uses, in bytes: for deciding which ones to
// close.
func (m *Machine) Memory() uint64 { return parked + m.exec.Memory() + m.ledger.held }

// Close drops the machine and waits until nothing of it is left. It may be called more than once.
func (m *Machine) Close() {
	m.exec.Close()
	m.broken = errors.Join(m.broken, errors.New("the machine is closed"))
}

// usable says why no turn may be made now.
func (m *Machine) usable() error {
	switch {
	case m.broken != nil:
		return fmt.Errorf("the machine is not usable after an error: %w", m.broken)
	case m.step != nil:
		return fmt.Errorf("turn %d is made and not yet recorded", m.step.N)
	case m.ended:
		return fmt.Errorf("turn %d closed the run", m.turns)
	}
	return nil
}

// watch interrupts the code when ctx ends; call the result when the code has returned.
func (m *Machine) watch(ctx context.Context) (stop func() bool) {
	m.ledger.ctx = ctx
	if ctx.Done() == nil {
		return func() bool { return true }
	}
	return context.AfterFunc(ctx, func() { m.exec.Interrupt(context.Cause(ctx)) })
}
