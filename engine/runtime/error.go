package runtime

import (
	"fmt"

	"aion.dev/aion/fsm/history"
)

// PackageError describes an error in a package's code: code invalid_package.
type PackageError struct {
	Module string // file name under modules/; "" if the package as a whole is at fault
	Line   int    // from 1; 0 if no line is at fault
	Column int
	Reason string
	Stack  []string // innermost call last, for errors while a top level ran
}

func (e *PackageError) Error() string {
	if at := e.At(); at != "" {
		return at + ": " + e.Reason
	}
	return e.Reason
}

// At returns "order.star:12:9", as far as it is known.
func (e *PackageError) At() string {
	if e.Line == 0 {
		return e.Module
	}
	return fmt.Sprintf("%s:%d:%d", e.Module, e.Line, e.Column)
}

// Code returns the error's code for users.
func (e *PackageError) Code() string { return "invalid_package" }

// Facts returns the details of the error.
func (e *PackageError) Facts() map[string]any {
	facts := map[string]any{"reason": e.Reason}
	if e.Module != "" {
		facts["module"] = e.Module
	}
	if e.Line != 0 {
		facts["line"], facts["column"] = e.Line, e.Column
	}
	if len(e.Stack) > 0 {
		facts["stack"] = e.Stack
	}
	return facts
}

// Crash is a panic of the runtime itself while it ran code. It is not an outcome of the code. The
// turn may be retried; people must look at a run that crashes repeatedly.
type Crash struct {
	Value any
	Stack []byte // of the goroutine that panicked
}

func (e *Crash) Error() string { return fmt.Sprintf("workflow code crashed the runtime: %v", e.Value) }

// Exceeded returns the RunError of an exceeded limit.
func Exceeded(format string, args ...any) *history.RunError {
	return &history.RunError{Kind: history.KindLimit, Message: fmt.Sprintf(format, args...)}
}
