package runtime

import "aion.dev/aion/fsm/history"

// Execution is one run's code, which is resumed turn by turn. Between turns it may stay parked as
// long as memory allows, or be closed at any time: a new execution, replaying the same history,
// reaches the same point.
//
// Only Interrupt may be called while another method runs. The code that Resume and Query run calls
// the Host; nothing calls it outside them.
type Execution interface {
	// Resume runs code until it waits for something that the host has not resolved (nil End), or
	// ends. An End is the outcome of the code, including a failure. An error means that there is no
	// outcome: *Crash if the runtime broke, the cause if the execution was interrupted; after that
	// only Close is allowed. With bound, this is a new turn, and limits apply. Recorded turns are
	// replayed without limits, because they stayed within the limits of their time.
	Resume(bound bool) (*End, error)

	// Query calls the handler that code registered under name, within the limits. It is allowed
	// before, between and after turns, but not after an error. found is false if there is no such
	// handler. A *history.RunError is the handler's failure; any other error is as for Resume. A
	// handler changes nothing: it fails if it tries to change a value that it has not made itself.
	// So one execution answers any number of queries, and can be resumed in between.
	Query(name string, args history.Payload) (result history.Payload, found bool, err error)

	// Queries returns the names of the registered handlers, sorted.
	Queries() []string

	// Validate asks the validator that code registered for updates of a name, as Query asks a
	// handler. asked is false if there is none, found if the code does not handle them. A
	// *history.RunError is why the validator rejects the update; any other error is as for Resume.
	Validate(name string, args history.Payload) (found, asked bool, err error)

	// Updates returns the names of the updates that the code handles, sorted.
	Updates() []string

	// Where returns the source position ("order.star:12:9") of the code that is calling the host;
	// "" outside host calls.
	Where() string

	// Memory returns what the code keeps, and may have built in addition to that, in bytes of the
	// account that MemoryBytes limits. It helps to decide which parked executions to close.
	Memory() uint64

	// Spent returns how many steps the current turn has computed so far, and how many bytes of the
	// account it has built. It is called from within host calls.
	Spent() (steps, bytes uint64)

	// Interrupt makes a running Resume or Query return cause soon. It may be called from any
	// goroutine and does not wait.
	Interrupt(cause error)

	// Close drops the execution and waits until nothing of it is left. It may be called more than
	// once.
	Close()
}

// End describes how code ended.
type End struct {
	Result history.Payload   // what the entry function returned, if Error is nil
	Error  *history.RunError // what the run fails with, including position and call stack in its details
	Cause  *history.RunError // the host's own error that code let through, unchanged; nil if code failed by itself
}
