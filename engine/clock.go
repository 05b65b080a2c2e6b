package engine

import (
	"context"
	"time"

	"aion.dev/aion/fsm/history"
)

// Clock is what a Log may offer beside its methods: the log time that it would stamp into an entry
// now. It is not the wall clock: a leader's log time begins at the state's, or at its clock if that
// is later, and goes on by the clock's steps, so it never goes back.
type Clock interface {
	Now() history.Time
}

// Alarms is what a Log with a Clock may offer too: to say when a log time has come. A Log offers it
// whose time does not pass by itself, as in engine/solo, where it skips; of any other the time is
// waited for with this process's timers.
type Alarms interface {
	// Alarm returns a channel that is closed once Now is not before at, and what frees the alarm:
	// call it when the alarm is no longer waited for.
	Alarm(at history.Time) (rung <-chan struct{}, free func())
}

// HandOver is what a Log may offer beside its methods: to give leadership to the first of nodes
// that can take it. It returns once it did, or with the reason why none did.
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

// longestNap bounds one sleep: the log's clock and this process's timers need not run at the same
// speed.
const longestNap = time.Minute

// nap sleeps until log time has reached until, rouse has something, or longestNap has passed; the
// error is ctx's. It is how every loop of the leader waits for a moment of log time. Whoever wakes
// looks at the clock and the state again: waking says nothing.
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
