package runtime

import (
	"errors"

	"aion.dev/aion/fsm/history"
)

// Host is everything that code can ask for. The code that Resume or Query runs makes the calls, and
// each returns at once: only Yield blocks; other calls report whether something is resolved.
//
// An error from a host ends the code (no language lets code catch it), unless a Future carries it.
// A *history.RunError says what the run fails with; ErrLater asks for the same call in the next
// turn; any other error is a misuse, reported at the line of the call. During a query, calls that
// ask for something return ErrReadOnly.
type Host interface {
	// Info identifies the run, and says how long it is. A turn in which code calls it tells whether
	// it was Suggested to continue as new.
	Info() Info
	// Yield is called now and then by code that computes for long. It is the only call that may
	// block, so that others can compute too.
	Yield()
	// Now returns the time of the turn.
	Now() history.Time
	// Random draws 64 bits from the run's own frozen generator.
	Random() (uint64, error)
	// Log passes msg to operators, once, when the turn is new.
	Log(msg string) error
	// CancelRequested reports whether a turn has seen the request to cancel the run.
	CancelRequested() bool
	// Cancelled is CancelRequested for code, which knows of the request from then on: what is
	// pending is ended, and what code starts later is not cancelled with it.
	Cancelled() (bool, error)

	// StartTimer, StartSignal, StartChild and StartActivity start something that takes time, and
	// return its ordinal, which names the future from then on.
	StartTimer(d history.Duration) (uint64, error)
	// StartSignal waits for the next signal of that name. A nil timeout waits forever.
	StartSignal(name string, timeout *history.Duration) (uint64, error)
	StartChild(c Child) (uint64, error)
	StartActivity(a Activity) (uint64, error)

	// StartResult waits for what becomes of the newest run of a workflow id, and of those that go
	// on from it, as StartChild does for a child; the workflow is not touched by that.
	StartResult(workflowID string) (uint64, error)

	// Shield keeps a timer, or a wait for a signal, a condition or another workflow, from the
	// request to cancel the run. Code itself still ends it, by Cancel. Of steps their OnCancel
	// says it.
	Shield(id uint64) error

	// Future returns the state of a future. It is cheap and changes nothing.
	Future(id uint64) Future
	// Await reports whether a wait is over. If not, the runtime parks the code, and calls Await
	// again with the same arguments when the code is resumed. Await may resolve the futures that it
	// is asked about: that is how a cancellation is delivered.
	Await(mode Mode, ids []uint64) (Awaited, error)
	// Cancel ends a future, unless it is resolved: as its OnCancel says, if it has one.
	Cancel(id uint64) error

	// StartCondition begins to wait until code's own state says so, and returns the ordinal of a
	// future that Fulfil resolves. A nil timeout waits forever.
	StartCondition(timeout *history.Duration) (uint64, error)
	// Fulfil resolves a condition that holds, unless it is resolved.
	Fulfil(id uint64) error
	// Check runs code that may only read, as a query handler does: calls of the host that ask for
	// something return ErrReadOnly.
	Check(f func())

	// Handle hands out the messages of a name from now on, those that no wait has taken first.
	Handle(kind MessageKind, name string) error
	// Next returns what the code goes on with: a wait that is over or, if there is room for one, a
	// message that nothing has taken, in the order in which they came. The runtime calls it when
	// all of the code waits, and ends the turn when there is nothing, or with ErrLater. A turn in
	// which no code has waited so far gets a wait even if it is not over.
	Next(room bool) (Next, error)
	// Answer says what came of an update: a result, or what its handler failed with.
	Answer(updateID string, result history.Payload, failed *history.RunError) error

	SignalWorkflow(workflowID, name string, payload history.Payload) error
	// CancelWorkflow asks the open run of a workflow id to end. It is no error if there is none.
	CancelWorkflow(workflowID, reason string) error
	SetAttributes(a history.Attributes) error
	// Settle says that code waits for its handlers to end, to continue as new then: a request to
	// cancel that comes meanwhile is for that wait, too.
	Settle()
	// ContinueAsNew ends the run and starts the next one. It always returns an error, which ends
	// the code. Early is what input was when code asked, before its handlers had ended: turns of
	// earlier rules go on with that.
	ContinueAsNew(input, early history.Payload, same bool) error
}

// Info identifies a run.
type Info struct {
	WorkflowID   string
	RunID        string
	WorkflowType string
	Version      string
	Attempt      uint64

	Whole     bool   // the fields below are known to the rules of the turn
	Parent    *Link  // nil = it is no child
	Root      *Link  // of the tree of children that it is in: itself, if it is no child; nil = not noted
	Events    uint64 // of the history, as far as code has seen it
	Bytes     uint64 // of their payloads, and a little for each event
	Suggested bool   // the history is so long that code should continue as new

	Fires    bool         // the fields below are known to the rules of the turn
	Schedule string       // that it is a run of; "" = of none
	FireTime history.Time // for which that fired; 0 = not noted
}

// Link names another run.
type Link struct{ WorkflowID, RunID string }

// Child describes a child to start. An empty WorkflowID means the default id.
type Child struct {
	WorkflowID   string
	WorkflowType string
	Input        history.Payload
	OnClose      history.ClosePolicy
	OnCancel     history.CancelPolicy
	Version      history.ChildVersion
	Timeout      history.Duration // of the whole run; 0 = the workflow's own
	Attributes   history.Attributes
	Retry        *history.Retry   // of the whole run
	ChainTimeout history.Duration // of the run with all that continue it, or try again; 0 = none
}

// Activity describes an activity to schedule. An empty Queue means "default".
type Activity struct {
	Name            string
	Queue           string
	Input           history.Payload
	Retry           *history.Retry
	Timeout         history.Duration
	Heartbeat       history.Duration
	ScheduleTimeout history.Duration
	TotalTimeout    history.Duration
	OnCancel        history.CancelPolicy
	Zero            string // the first option, here or in the retry policy, that code set to 0, where 0 would mean no limit
}

// Future is the state of something that code started.
type Future struct {
	Done   bool
	Result history.Payload
	Error  *history.RunError // nil if it succeeded
	// Late marks the Error of a signal wait that timed out: plain forms return null instead, only
	// outcome() shows the error.
	Late bool
}

// Failed reports whether the plain form fails.
func (f Future) Failed() bool { return f.Error != nil && !f.Late }

// Mode defines when a wait for futures is over.
type Mode uint8

// Modes.
const (
	One     Mode = iota // the only future is done
	All                 // all succeeded, or one failed: the rest are then cancelled, as Cancel does
	Race                // one is done: the rest are then cancelled
	Settled             // all are done
	Any                 // one is done; the rest go on
)

// MessageKind is what a message is.
type MessageKind uint8

// The kinds of messages.
const (
	Signal MessageKind = iota
	Update             // its sender waits for an answer
)

// Message is what a handler gets.
type Message struct {
	Kind     MessageKind
	Name     string
	Payload  history.Payload
	UpdateID string // of an update, for Answer
}

// Next is what code goes on with: a message, or the wait for Wait, the very slice that Await got;
// neither = nothing.
type Next struct {
	Wait    []uint64
	Message *Message
}

// Awaited is the answer of Await. At is the position in ids of the future that decided (One, Race,
// Any, and All if one failed), otherwise -1.
type Awaited struct {
	Done bool
	At   int
}

// ErrLater means that the turn has asked for as much as one turn may. Nothing has happened: the
// runtime parks the code, and makes the same call again, with the same arguments, when it is
// resumed.
var ErrLater = errors.New("the turn is full: the call is made again in the next one")

// ErrReadOnly rejects what only a turn may do.
var ErrReadOnly = errors.New("a query handler only reads: it cannot schedule, wait, draw randomness or change the run")
