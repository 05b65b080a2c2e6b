package runtime

import "aion.dev/aion/fsm/history"

// Execution is one run's code, resumed from turn to turn. It may stay parked between turns for as
// long as memory allows, or be closed at any time: a new one, shown the same history, comes to the
// same point.
//
// Only Interrupt may be called while another method runs. The Host is called by the code that
// Resume and Query run, never outside them.
type Execution interface {
	// Resume runs code until it waits for something that the host has not resolved (nil End) or
	// ends. An End is the outcome of the code, a failed one included. The error says that there is
	// no outcome: *Crash when the runtime broke, the cause when it was interrupted; the execution
	// is then good for Close only. Bound says that this is a new turn, which limits bind; recorded
	// turns are shown again without limits, since what they did was within the limits of their
	// time.
	Resume(bound bool) (*End, error)

	// Query calls the handler that code registered under name, within the limits. It is allowed
	// before, between and after turns, not after an error. Found is false if there is no such
	// handler. A *history.RunError is what the handler failed with, any other error is as for
	// Resume. A handler changes nothing: it fails when it tries to change a value that it has not
	// made itself. So one execution answers any number of queries, and can be resumed in between.
	Query(name string, args history.Payload) (result history.Payload, found bool, err error)

	// Queries lists the names of the registered handlers, sorted.
	Queries() []string

	// Where is the source position ("order.star:12:9") of the code that is now asking the host for
	// something; "" outside host calls.
	Where() string

	// Memory is what the code keeps, and may have built on top of that, in bytes of the account
	// that MemoryBytes limits. It is for deciding which parked executions to close.
	Memory() uint64

	// Spent is what the turn under way has computed so far, in steps, and what it has built, in
	// bytes of the account. It is asked from within calls of the host.
	Spent() (steps, bytes uint64)

	// Interrupt makes a running Resume or Query return cause soon. It may be called from any
	// goroutine and does not wait.
	Interrupt(cause error)

	// Close drops the execution and waits until nothing of it is left. It may be called more than
	// once.
	Close()
}

// End says how code ended.
type End struct {
	Result history.Payload   // what the entry function returned, if Error is nil
	Error  *history.RunError // what the run fails with, with position and call stack in its details
	Cause  *history.RunError // the host's own error that code let through, as the host gave it; nil if code failed by itself
}
