package startest

import (
	"slices"
	"sync"

	"aion.dev/aion/engine/runtime/starlark"
)

// interrupts tracks the threads that run code of a test: its own and, while a stub computes an
// outcome, the stub's.
type interrupts struct {
	mu      sync.Mutex
	cause   error
	threads []*starlark.Thread
}

// watch makes a thread interruptible until unwatch is called.
func (i *interrupts) watch(t *starlark.Thread) (unwatch func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.cause != nil {
		t.Interrupt(i.cause)
	}
	i.threads = append(i.threads, t)
	return func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.threads = slices.DeleteFunc(i.threads, func(other *starlark.Thread) bool { return other == t })
	}
}

func (i *interrupts) raise(cause error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.cause = cause
	for _, t := range i.threads {
		t.Interrupt(cause)
	}
}
