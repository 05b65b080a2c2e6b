package runtime

import (
	"errors"

	"aion.dev/aion/fsm/history"
)

// Host is all that code can ask for. Every call is made from within Resume or Query, on the side of
// the code, and returns at once: the host blocks in Yield only, elsewhere it says whether something
// is resolved.
//
// An error from a host ends the code (no language lets code catch it), except where a Future
// carries it. A *history.RunError says what the run fails with; ErrLater asks to be called again in
// the next turn; another error is a misuse, reported at the line of the call. During a query, calls
// that ask for something return ErrReadOnly.
type Host interface {
	// Info says which run this is.
	Info() Info
	// Yield is called now and then by code that computes for long. It is the only call that may
	// block: others may want to compute, too.
	Yield()
	// Now is the time of the turn.
	Now() history.Time
	// Random draws 64 bits from the run's own frozen generator.
	Random() (uint64, error)
	// Log says msg to operators, once, when the turn is new.
	Log(msg string) error
	// CancelRequested reports whether a turn has seen the request to cancel the run.
	CancelRequested() bool

	// StartTimer, StartSignal, StartChild and StartActivity begin something that takes time and
	// return its ordinal, the future's name from then on.
	StartTimer(d history.Duration) (uint64, error)
	// StartSignal waits for the next signal of that name. A nil timeout waits for ever.
	StartSignal(name string, timeout *history.Duration) (uint64, error)
	StartChild(c Child) (uint64, error)
	StartActivity(a Activity) (uint64, error)

	// Future tells how a future stands. It is cheap and asks for nothing.
	Future(id uint64) Future
	// Await tells whether a wait is over. If not, the runtime parks the code and calls Await again,
	// with the same arguments, when it is resumed. Await may resolve what it is asked about: that
	// is how a cancellation is delivered.
	Await(mode Mode, ids []uint64) (Awaited, error)
	// Cancel gives a future up, unless it is resolved.
	Cancel(id uint64) error

	SignalWorkflow(workflowID, name string, payload history.Payload) error
	SetAttributes(a history.Attributes) error
	// ContinueAsNew ends the run and starts the next one. It always returns an error, which ends
	// the code.
	ContinueAsNew(input history.Payload, same bool) error
}

// Info names a run.
type Info struct {
	WorkflowID   string
	RunID        string
	WorkflowType string
	Version      string
	Attempt      uint64
}

// Child is what code asks for when it starts a child. An empty WorkflowID takes the default id.
type Child struct {
	WorkflowID   string
	WorkflowType string
	Input        history.Payload
	OnClose      history.ClosePolicy
	Version      history.ChildVersion
}

// Activity is what code asks for when it schedules an activity. An empty Queue is "default".
type Activity struct {
	Name            string
	Queue           string
	Input           history.Payload
	Retry           *history.Retry
	Timeout         history.Duration
	Heartbeat       history.Duration
	ScheduleTimeout history.Duration
	TotalTimeout    history.Duration
	Zero            string // the first of these, or of the retry policy, that code gave as 0, where 0 would count as none
}

// Future is how something that code started stands.
type Future struct {
	Done   bool
	Result history.Payload
	Error  *history.RunError // nil if it ended well
	// Late marks the Error of a signal wait whose time ran out: plain forms read it as null, only
	// outcome() shows the error.
	Late bool
}

// Failed reports whether the plain form fails.
func (f Future) Failed() bool { return f.Error != nil && !f.Late }

// Mode says when a wait for futures is over.
type Mode uint8

// Modes.
const (
	One     Mode = iota // the only one is done
	All                 // all ended well, or one failed: the rest are then cancelled
	Race                // one is done: the rest are then cancelled
	Settled             // all are done
)

// Awaited is the answer of Await. At is the position among ids of the one that decided (One, Race,
// and All if one failed), else -1.
type Awaited struct {
	Done bool
	At   int
}

// ErrLater says that the turn has asked for as much as one turn may. Nothing has happened: the
// runtime parks the code and makes the same call again, with the same arguments, when it is
// resumed.
var ErrLater = errors.New("the turn is full: the call is made again in the next one")

// ErrReadOnly refuses what only a turn may do.
var ErrReadOnly = errors.New("a query handler only reads: it cannot schedule, wait, draw randomness or change the run")
