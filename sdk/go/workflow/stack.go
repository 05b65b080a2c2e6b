package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"runtime"
	"strings"
)

// maxStack bounds the calls that an error tells.
const maxStack = 30

// here is the folder of this package, whose calls nobody wants to see. Those of generic functions
// have names of the author's package.
var here = func() string {
	_, file, _, _ := runtime.Caller(0)
	return path.Dir(file)
}()

// callers returns the calls under way, the innermost first.
func callers() []uintptr {
	pcs := make([]uintptr, 4*maxStack)
	return pcs[:runtime.Callers(2, pcs)]
}

// authors calls f for the calls of the author's own code, the innermost first, until it returns
// false.
func authors(pcs []uintptr, f func(at, function string) bool) {
	for frames := runtime.CallersFrames(pcs); len(pcs) > 0; {
		frame, more := frames.Next()
		name := frame.Function
		if name != "" && !strings.HasPrefix(name, "runtime.") && path.Dir(frame.File) != here {
			name = strings.TrimPrefix(name[strings.LastIndexByte(name, '/')+1:], "main.")
			if !f(fmt.Sprintf("%s:%d", path.Base(frame.File), frame.Line), name) {
				return
			}
		}
		if !more {
			return
		}
	}
}

// where returns the line of the author's code that was called last: "order.go:12".
func where(pcs []uintptr) (line string) {
	authors(pcs, func(at, _ string) bool {
		line = at
		return false
	})
	return line
}

// tellWhere tells the room which calls are under way, the outermost first.
func tellWhere() {
	text := []byte(strings.Join(stackOf(callers()), "\n"))
	roomAt(pointer(text), int32(len(text)))
}

// stackDetails returns the details of an error: the calls under way, the outermost first.
func stackDetails(pcs []uintptr) []byte {
	stack := stackOf(pcs)
	if stack == nil {
		return nil
	}
	details, _ := json.Marshal(struct {
		Stack []string `json:"stack"`
	}{stack})
	return details
}

// stackOf returns the calls of the author's code, the outermost first.
func stackOf(pcs []uintptr) (stack []string) {
	left := 0
	authors(pcs, func(at, function string) bool {
		if len(stack) < maxStack {
			stack = append(stack, at+" in "+function)
		} else {
			left++
		}
		return true
	})
	if left > 0 || len(pcs) == cap(pcs) {
		stack = append(stack, "(outer calls left out)")
	}
	for i, j := 0, len(stack)-1; i < j; i, j = i+1, j-1 {
		stack[i], stack[j] = stack[j], stack[i]
	}
	return stack
}

// panicked returns the error of a panic, and where it happened. It is called by the deferred
// function that has recovered v.
func panicked(v any) (error, []uintptr) {
	stack := callers()
	if v == nil {
		return fmt.Errorf("the code has ended its goroutine by runtime.Goexit"), nil
	}
	err, ok := v.(error)
	if e := (*Error)(nil); ok && errors.As(err, &e) {
		return err, stack
	}
	text := fmt.Sprint(v)
	if line := where(stack); line != "" {
		text = line + ": " + text
	}
	return &Error{Kind: KindFailed, Message: text}, stack
}
