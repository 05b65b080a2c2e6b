package replay

import (
	"context"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// ledger keeps the books of one run, and is the runtime.Host of its code. All of it follows from
// the delivered events and the calls that the code made.
type ledger struct {
	started  *history.WorkflowStarted
	run      history.RunID   // of the run now: ids of children that code gives none are made of it
	version  catalog.Version // of the program
	void     void
	limits   runtime.Limits
	declares func(activity string) bool
	log      func(string)
	say      func(string)  // receives each message, once its turn is recorded if it was made ahead
	where    func() string // source position of the code that is asking
	spent    func() (steps, bytes uint64)
	pace     Pace
	ctx      context.Context // of the call in progress, for pace

	now      history.Time
	seen     uint64 // seq of the newest event that the turn sees
	bytes    uint64 // of the events up to there, see size.go
	random   generator
	futures  []*future // by ordinal, from 1
	pending  [kinds]int
	resolved uint64 // number of resolved futures and received messages: gives each one its place
	mail     mail
	updates  mail   // those that no handler has taken
	consumed uint64 // signals consumed by waits
	held     uint64 // bytes held by futures and mailboxes
	cancel   cancellation

	waits    waits
	reading  bool // a query is running
	checking bool // code of a turn is running that may only read
	next     *history.WorkflowContinuedAsNew

	book book
}

// book records one turn.
type book struct {
	n        uint64
	recorded []history.Event // what the recorded turn asked for, in a replay
	replay   bool
	bound    bool // limits apply
	cut      bool // the turn being replayed was cut
	ahead    bool // the turn is made before its news are in the log
	rules    uint64
	at       uint64 // cut the turn at the wait with this number at the latest; 0 = at none

	asked     []history.Data
	labels    labels
	lines     lines
	bytes     int    // of payloads handed out
	logged    int    // bytes
	work      uint64 // what recording the turn will cost, see work.go
	woken     bool   // the code goes on, see Next
	toldLater bool   // the code was told to call again in the next turn: the turn is cut
	waits     uint64 // number of waits that could go on at once and did
	cutAt     uint64 // the wait at which the turn is cut; 0 = not cut at a wait
	mismatch  *Mismatch
	stoppedAt string   // source position of the wait that ended the turn although it had not asked for everything recorded
	timed     bool     // the turn is made ahead, and the code asked for the time
	suggest   bool     // the history is so long that code should continue as new
	informed  bool     // code has asked whether it should
	held      []string // messages of a turn that is made ahead, until it is recorded
}

func newLedger(cfg Config, started *history.WorkflowStarted) *ledger {
	say := cfg.Log
	if say == nil {
		say = func(string) {}
	}
	l := &ledger{say: say, started: started, run: started.RunID, version: cfg.Program.Version(), limits: cfg.Limits.OrDefault(), pace: cfg.Pace, declares: cfg.Program.Declares, random: generatorOf(started.RunID)}
	l.log = func(msg string) {
		l.book.lines.add(msg, l.limits.LogBytes)
		if l.book.ahead {
			l.book.held = append(l.book.held, msg)
			return
		}
		say(msg)
	}
	return l
}

func (l *ledger) beginTurn(b book) {
	b.labels = newLabels(b)
	l.book = b
}

// recordEnd records how the code ended.
func (l *ledger) recordEnd(end *runtime.End) {
	switch {
	case l.next != nil:
		l.ask(l.next)
	case end.Error == nil:
		if err := l.handOut("result", end.Result); err != nil {
			l.ask(&history.WorkflowFailed{Error: *err})
			return
		}
		l.ask(&history.WorkflowCompleted{Result: end.Result})
	case l.endsCancelled(end.Cause):
		l.ask(&history.WorkflowCancelled{Reason: l.cancel.reason})
	default:
		l.ask(&history.WorkflowFailed{Error: clip(*end.Error)})
	}
}

// maxMessage bounds the message of a run's error; its details are at most one payload.
const maxMessage = 8 << 10

func clip(e history.RunError) history.RunError {
	if len(e.Message) > maxMessage {
		e.Message = truncate(e.Message, maxMessage) + " [cut]"
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
