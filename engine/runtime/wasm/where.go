package wasm

import (
	"strings"

	"aion.dev/aion/engine/runtime"
)

var (
	_ runtime.Traced    = (*execution)(nil)
	_ runtime.Inspected = (*execution)(nil)
)

// maxTold bounds what code says of where it is.
const maxTold = 4 << 10

// Trace implements runtime.Traced.
func (e *execution) Trace() { e.traced = true }

// at takes where the code is that will ask for something next.
func (c *call) at() {
	b := c.bytes(0, 1)
	c.told = clean(b[:min(len(b), maxTold)])
}

// stands is at for code whose calls are known: the outermost first.
func (e *execution) stands(calls []string) {
	text := strings.Join(calls, "\n")
	e.told = text[:min(len(text), maxTold)]
}

// Where implements runtime.Execution: the innermost of the calls that code has told.
func (e *execution) Where() string {
	at, _, _ := strings.Cut(e.told[strings.LastIndexByte(e.told, '\n')+1:], " ")
	return at
}

// Stacks implements runtime.Inspected: one for each wait, as code has told. Which of them are those
// of handlers is not known.
func (e *execution) Stacks() (list []runtime.Stack) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for w := range e.waits.all() {
		if w.told == "" {
			continue
		}
		s := runtime.Stack{Name: e.entry.Type}
		for line := range strings.SplitSeq(w.told, "\n") {
			at, function, _ := strings.Cut(line, " in ")
			s.Frames = append(s.Frames, runtime.Frame{At: at, Function: function})
		}
		list = append(list, s)
	}
	return list
}
