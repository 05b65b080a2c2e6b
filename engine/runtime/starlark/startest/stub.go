package startest

import (
	"fmt"

	"aion.dev/aion/engine/runtime/starlark"
	"aion.dev/aion/fsm/history"
	star "go.starlark.net/starlark"
)

// call is one attempt at an activity.
type call struct{ input history.Payload }

// failure is what a stub returns to make its attempt fail.
type failure struct{ err history.RunError }

func (f *failure) String() string        { return fmt.Sprintf("<failure %s>", f.err.Kind) }
func (f *failure) Type() string          { return "failure" }
func (f *failure) Freeze()               {}
func (f *failure) Truth() star.Bool      { return true }
func (f *failure) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable type: failure") }

// NoStub ends a test whose workflow scheduled an activity without a stub.
type NoStub struct{ Activity string }

func (e *NoStub) Error() string {
	return fmt.Sprintf("activity %q was scheduled, and the test has no stub for it: call t.activity(%q, fn) first", e.Activity, e.Activity)
}

// Perform computes the outcome of one attempt at an activity: an output, or the error that the
// attempt failed with. Any other error ends the test.
func (r *Running) Perform(activity string, input history.Payload) (output history.Payload, failed *history.RunError, err error) {
	stub, ok := r.stubs[activity]
	if !ok {
		return nil, nil, &NoStub{activity}
	}
	r.calls[activity] = append(r.calls[activity], call{input})
	thread := starlark.NewThread("stub of "+activity, r.abi, limits, r.onPrint)
	defer r.interrupts.watch(thread)()
	// A builtin calls the stub, so that encoding its result is charged to the stub's own limits.
	_, err = thread.Call(star.NewBuiltin("stub", func(t *star.Thread, _ *star.Builtin, _ star.Tuple, _ []star.Tuple) (star.Value, error) {
		answer, err := answerOf(t, stub, input)
		if f, ok := answer.(*failure); ok && err == nil {
			failed = &f.err
			return star.None, nil
		}
		if err == nil {
			output, err = starlark.Encode(t, fmt.Sprintf("what the stub of %q returns", activity), answer)
		}
		return star.None, err
	}))
	return output, failed, err
}

// answerOf calls a stub with an input, or returns the stub itself if it is a plain value.
func answerOf(t *star.Thread, stub star.Value, input history.Payload) (star.Value, error) {
	fn, ok := stub.(star.Callable)
	if !ok {
		return stub, nil
	}
	in, err := starlark.Decode(t, "input", input)
	if err != nil {
		return nil, err
	}
	return star.Call(t, fn, star.Tuple{in}, nil)
}
