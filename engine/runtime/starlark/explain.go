package starlark

import (
	"encoding/json"
	"errors"
	"fmt"

	"aion.dev/aion/fsm/history"
	"go.starlark.net/starlark"
)

// maxStack bounds the call stack that an error carries.
const maxStack = 30

// explain returns the error that a run fails with if its code ended with err. cause is the host's
// own error that code let through, if any.
func (m *meter) explain(err error) (e, cause *history.RunError) {
	where, stack := trace(err)
	details, _ := json.Marshal(struct {
		Stack []string `json:"stack,omitempty"`
	}{stack})
	var failed *failure
	switch {
	case m.passed != nil:
		return &history.RunError{Kind: m.passed.Kind, Message: m.passed.Message, Details: details}, m.passed
	case errors.As(err, &cause):
		e := *cause
		if len(e.Details) == 0 {
			e.Details = details
		}
		return &e, cause
	case errors.As(err, &failed):
		return &history.RunError{Kind: history.KindFailed, Message: failed.message, Details: details}, nil
	}
	message := err.Error()
	if where != "" {
		message = where + ": " + message
	}
	return &history.RunError{Kind: history.KindFailed, Message: message, Details: details}, nil
}

// trace returns the position of an evaluation error and its call stack, outermost call first. It
// omits guards, because nobody wrote them.
func trace(err error) (where string, stack []string) {
	var eval *starlark.EvalError
	if !errors.As(err, &eval) {
		return "", nil
	}
	for _, frame := range eval.CallStack {
		if frame.Pos.Line == 0 {
			continue
		}
		where = frame.Pos.String()
		stack = append(stack, fmt.Sprintf("%s in %s", where, frame.Name))
	}
	if skip := len(stack) - maxStack; skip > 0 {
		stack = append([]string{fmt.Sprintf("(%d calls left out)", skip)}, stack[skip:]...)
	}
	return where, stack
}
