package engine

import (
	"context"
	"time"
)

// backoff doubles its pauses, from first up to most.
type backoff struct {
	first, most time.Duration
	last        time.Duration
}

func (b *backoff) pause(ctx context.Context) error {
	b.last = min(max(b.first, 2*b.last), b.most)
	return pause(ctx, b.last)
}

func (b *backoff) reset() { b.last = 0 }
