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

func (b *backoff) pause(ctx context.Context) error { return pause(ctx, b.next()) }

// next is how long the next pause is.
func (b *backoff) next() time.Duration {
	b.last = min(max(b.first, 2*b.last), b.most)
	return b.last
}

func (b *backoff) reset() { b.last = 0 }
