package engine

import (
	"context"
	"slices"
	"sync/atomic"
)

// holds keeps turns of some types from being proposed while a gate checks the last of their runs.
// Whoever takes it sees to it that nobody else does, and that it does not last.
type holds struct{ now atomic.Pointer[hold] }

type hold struct {
	types []string
	over  chan struct{}
}

// take holds back turns of types until the function that it returns is called.
func (h *holds) take(types []string) (release func()) {
	now := &hold{types, make(chan struct{})}
	h.now.Store(now)
	return func() {
		h.now.Store(nil)
		close(now.over)
	}
}

// has reports whether turns of a type wait.
func (h *holds) has(typ string) bool {
	now := h.now.Load()
	return now != nil && slices.Contains(now.types, typ)
}

// wait returns when turns of a type may be proposed.
func (h *holds) wait(ctx context.Context, typ string) error {
	for {
		now := h.now.Load()
		if now == nil || !slices.Contains(now.types, typ) {
			return nil
		}
		select {
		case <-now.over:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
