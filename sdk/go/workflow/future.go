package workflow

import "encoding/json"

// Future stands for something that code has started. It is done when it has an outcome.
type Future[T any] struct {
	future
	value T
}

// Outcome is what became of something: a value, or an error.
type Outcome[T any] struct {
	Value T
	Err   error // nil if it succeeded
}

// Waitable is a future of any type.
type Waitable interface {
	Done() bool
	Cancel()
	core() *future
}

// future is what all futures have in common. The room knows the state of things; a future keeps the
// outcome once code has taken it.
type future struct {
	id    uint64
	kind  string // "activity ", for errors
	name  string
	taken bool
	err   error
}

func (f *future) core() *future { return f }

// States of futures, as the room tells them.
const (
	statePending = iota
	stateSucceeded
	stateFailed
	stateTimedOut
)

// Done reports whether there is an outcome.
func (f *future) Done() bool { return f.taken || roomState(int64(f.id))>>32 != statePending }

// Cancel ends a timer or a wait at once, with kind cancelled, and asks an activity or a child to
// end, as its OnCancel says.
func (f *future) Cancel() {
	ask()
	roomCancel(int64(f.id))
}

// take brings the outcome into memory; into points to the variable for the value.
func (f *future) take(into any) {
	if f.taken {
		return
	}
	state := roomState(int64(f.id))
	kind, offered := state>>32, read(int32(state))
	switch f.taken = true; kind {
	case stateSucceeded:
		if err := decode(offered, into); err != nil {
			f.err = &Error{Kind: KindFailed, Message: "result of " + f.kind + f.name + ": " + err.Error()}
		}
		return
	case statePending: // the wait for it has ended otherwise
		f.taken = false
		return
	case stateTimedOut:
		if len(offered) == 0 {
			f.err = ErrTimeout
			return
		}
	}
	e := errorOf(offered)
	if e.of = f.id; e.Kind == KindCancelled || e.Kind == KindLeaseLost {
		learn(e)
	}
	f.err = e
}

// Get waits for the outcome: the value, or an *Error.
func (f *Future[T]) Get(ctx Context) (T, error) {
	if !f.taken {
		await(ctx, waitOne, []uint64{f.id})
		f.take(&f.value)
	}
	return f.value, f.err
}

// Outcome is Get as one value.
func (f *Future[T]) Outcome(ctx Context) Outcome[T] {
	v, err := f.Get(ctx)
	return Outcome[T]{v, err}
}

// Raw returns the same future with the value as it is in the history: so futures of different types
// can be waited for together.
func (f *Future[T]) Raw() *Future[json.RawMessage] {
	return &Future[json.RawMessage]{future: future{id: f.id, kind: f.kind, name: f.name}}
}
