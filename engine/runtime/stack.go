package runtime

// Inspected is an optional interface of an Execution that can show where its code is. It is for
// people who look at a replay; no turn depends on it.
type Inspected interface {
	// Stacks returns where the code waits: one stack for the entry function and one for each
	// handler at work. It is called between turns.
	Stacks() []Stack
}

// Traced is an optional interface of an Execution whose code tells where it is only if it is asked
// to, because that costs time. What code asks for does not depend on it.
type Traced interface {
	// Trace asks for it. It is called before the first Resume.
	Trace()
}

// Stack is one part of the code that waits, the innermost call last.
type Stack struct {
	Name   string // the workflow type, or the message that the handler is at
	Frames []Frame
}

// Frame is a call under way.
type Frame struct {
	At       string // "order.star:12:9"
	Function string
	Locals   []Local // in the order of the code
}

// Local is a variable and its value, as code would write it, truncated if it is long.
type Local struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
