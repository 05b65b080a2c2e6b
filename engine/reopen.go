package engine

import (
	"context"

	"aion.dev/aion/fsm"
)

// Reopen opens a failed, cancelled, terminated or timed-out run again: steps that had failed run again, finished ones keep their outcome.
func (e *Engine) Reopen(ctx context.Context, c Call, ref fsm.RunRef, reason string) (*fsm.RunAnswer, Answered, error) {
	panic("being built")
}
