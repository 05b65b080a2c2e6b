package engine

import (
	"context"
	"time"

	"aion.dev/aion/fsm"
)

// SetRetention says how long closed runs of a type are kept; an empty type means all types without a rule of their own, an age of 0 for ever.
func (e *Engine) SetRetention(ctx context.Context, c Call, typ string, age time.Duration) (Answered, error) {
	panic("being built")
}

// RemoveRetention takes the rule of a type away: the one of all others applies again.
func (e *Engine) RemoveRetention(ctx context.Context, c Call, typ string) (Answered, error) {
	panic("being built")
}

// Retention lists the rules by type.
func (e *Engine) Retention(ctx context.Context, rd Read) ([]fsm.Retention, uint64, error) {
	panic("being built")
}
