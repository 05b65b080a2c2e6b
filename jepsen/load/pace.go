package load

import (
	"context"
	"time"
)

// Pace waits between two calls as long as the rate requires. It returns false if ctx ended.
func (e *Env) Pace(ctx context.Context) bool {
	if e.Rate <= 0 {
		return ctx.Err() == nil
	}
	select {
	case <-time.After(time.Duration(float64(time.Second) / e.Rate)):
		return true
	case <-ctx.Done():
		return false
	}
}

// PaceOr is Pace with a default pause if there is no rate.
func (e *Env) PaceOr(ctx context.Context, pause time.Duration) bool {
	if e.Rate > 0 {
		return e.Pace(ctx)
	}
	select {
	case <-time.After(pause):
		return true
	case <-ctx.Done():
		return false
	}
}

// Pause waits. It returns false if ctx ended first.
func Pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
