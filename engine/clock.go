package engine

import (
	"context"
	"time"

	"aion.dev/aion/fsm/history"
)

// Clock is an optional interface of a Log. Now is the log time that it would stamp into an entry.
// It is not the wall clock: a leader's log time starts at the state's time or at its own clock,
// whichever is later, and advances as its clock does, so it never goes back.
type Clock interface {
	Now() history.Time
}

// Alarms is an optional interface of a Log with a Clock. A Log implements it if its time does not
// pass by itself: in engine/solo, time skips. For any other Log, this process's timers do the
// waiting.
type Alarms interface {
	// Alarm returns a channel that is closed once Now is not before at, and a function that frees
	// the alarm. Call it when nobody waits for the alarm any more.
	Alarm(at history.Time) (rung <-chan struct{}, free func())
}

// HandOver is an optional interface of a Log: it transfers leadership to the first of nodes that
// can take it. It returns after the transfer, or with the reason why none took it.
type HandOver interface {
	HandOver(ctx context.Context, nodes []string) error
}

// now returns the leader's log time. For a Log without a Clock that is the wall clock.
func (e *Engine) now() history.Time {
	if c, ok := e.cfg.Log.(Clock); ok {
		return c.Now()
	}
	return history.At(time.Now())
}

// longestNap bounds one sleep, because the log's clock and this process's timers may run at
// different speeds.
const longestNap = time.Minute

// nap sleeps until log time reaches until, rouse receives, or longestNap has passed. The error is
// ctx's. Every loop of the leader waits for log time with it. A wakeup promises nothing: callers
// look at the clock and the state again.
func (e *Engine) nap(ctx context.Context, until history.Time, rouse <-chan struct{}) error {
	now := e.now()
	until = min(until, now.Add(longestNap))
	if a, ok := e.cfg.Log.(Alarms); ok {
		rung, free := a.Alarm(until)
		defer free()
		select {
		case <-rung:
			return nil
		case <-rouse:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	timer := time.NewTimer(max(until.Sub(now), 0))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-rouse:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
