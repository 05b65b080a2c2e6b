package engine

import (
	"context"
	"time"

	"aion.dev/aion/engine/history"
)

// Clock is what a Log may offer beside its methods: the log time that it would stamp into an entry now. It is not the wall clock: see DESIGN 7.10.
type Clock interface {
	Now() history.Time
}

// HandOver is what a Log may offer beside its methods: to give leadership to the first of nodes that can take it. It returns once it did, or with
// the reason why none did.
type HandOver interface {
	HandOver(ctx context.Context, nodes []string) error
}

// now is the leader's log time. A Log without a clock is one in which log time is the wall clock's.
func (e *Engine) now() history.Time {
	if c, ok := e.cfg.Log.(Clock); ok {
		return c.Now()
	}
	return history.At(time.Now())
}
