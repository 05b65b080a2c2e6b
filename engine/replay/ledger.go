package replay

import (
	"context"

	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// ledger is the books of one run and the runtime.Host of its code. All of it follows from the
// events delivered and the calls the code made.
type ledger struct {
	started  *history.WorkflowStarted
	void     void
	limits   runtime.Limits
	declares func(activity string) bool
	log      func(string)
	where    func() string // source position of the code that is asking
	spent    func() (steps, bytes uint64)
	pace     Pace
	ctx      context.Context // of the call under way, for pace

	now      history.Time
	random   generator
	futures  []*future // by ordinal, from 1
	pending  [kinds]int
	resolved uint64 // futures resolved so far: gives each its place
	mail     mail
	consumed uint64 // signals taken by waits
	held     uint64 // bytes of what futures and mailboxes hold
	cancel   cancellation

	wait    *wait // what the code is blocked on; nil = it has never waited, or ended
	parked  bool  // the turn before ended there
	reading bool  // a query is running
	next    *history.WorkflowContinuedAsNew

	book book
}

// book is what is written during one turn.
type book struct {
	n        uint64
	recorded []history.Event // what the turn asked for when it was made, if it is shown again
	replay   bool
	bound    bool // limits apply
	cut      bool // the turn that is shown again was cut
	rules    uint64
	at       uint64 // the turn is cut at the wait of this number at the latest; 0 = at none

	asked    []history.Data
	labels   labels
	lines    lines
	bytes    int    // of payloads handed out
	logged   int    // bytes
	work     uint64 // that recording the turn will cost, see work.go
	full     bool   // the code was told to come again: the turn is cut
	waits    uint64 // that could go on at once and did
	cutAt    uint64 // the wait at which the turn is cut; 0 = it is not, or elsewhere
	mismatch *Mismatch
}

func newLedger(cfg Config, started *history.WorkflowStarted) *ledger {
	log := cfg.Log
	if log == nil {
		log = func(string) {}
	}
	l := &ledger{started: started, limits: cfg.Limits.OrDefault(), pace: cfg.Pace, declares: cfg.Program.Declares, random: seeded(started.RunID)}
	l.log = func(msg string) {
		l.book.lines.add(msg, l.limits.LogBytes)
		log(msg)
	}
	return l
}

func (l *ledger) begin(b book) {
	b.labels = newLabels(b)
	l.book = b
}

// end writes how the code ended.
func (l *ledger) end(end *runtime.End) {
	switch {
	case l.next != nil:
		l.ask(l.next)
	case end.Error == nil:
		if err := l.handOut("result", end.Result); err != nil {
			l.ask(&history.WorkflowFailed{Error: *err})
			return
		}
		l.ask(&history.WorkflowCompleted{Result: end.Result})
	case end.Cause != nil && end.Cause == l.cancel.err:
		l.ask(&history.WorkflowCancelled{Reason: l.cancel.reason})
	default:
		l.ask(&history.WorkflowFailed{Error: clip(*end.Error)})
	}
}

// maxMessage bounds the message of a run's error; its details are at most one payload.
const maxMessage = 8 << 10

func clip(e history.RunError) history.RunError {
	if len(e.Message) > maxMessage {
		e.Message = cut(e.Message, maxMessage) + " [cut]"
	}
	return e
}

// handOut counts a payload that leaves the run against the limits of new turns.
func (l *ledger) handOut(what string, p history.Payload) *history.RunError {
	if !l.book.bound {
		return nil
	}
	if len(p) > l.limits.OutputBytes {
		return runtime.Exceeded("%s has %d bytes, the limit is %d", what, len(p), l.limits.OutputBytes)
	}
	l.book.bytes += len(p)
	if l.book.bytes > l.limits.TurnBytes {
		return runtime.Exceeded("the turn hands out %d bytes, the limit is %d", l.book.bytes, l.limits.TurnBytes)
	}
	return nil
}
