package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// stopwatch ends a context when one turn takes too long. It restarts with each replayed turn, so
// that a long history is no fault, and stands still while the turn waits for a place to compute.
type stopwatch struct {
	limit time.Duration

	mu    sync.Mutex // guards the fields below
	timer *time.Timer
	turn  uint64 // the turn being replayed; 0 = a new one
	left  time.Duration
	since time.Time
}

type stopwatchKey struct{}

// timed returns a context with a stopwatch that ends it. The caller must call stop.
func timed(ctx context.Context, limit time.Duration) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &stopwatch{limit: limit, left: limit, since: time.Now()}
	w.timer = time.AfterFunc(limit, func() { cancel(w.lateError()) })
	return context.WithValue(ctx, stopwatchKey{}, w), func() {
		w.timer.Stop()
		cancel(nil)
	}
}

func stopwatchOf(ctx context.Context) *stopwatch {
	w, _ := ctx.Value(stopwatchKey{}).(*stopwatch)
	return w
}

func (w *stopwatch) lateError() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.turn == 0 {
		return fmt.Errorf("its turn takes longer than %s", w.limit)
	}
	return fmt.Errorf("replaying its turn %d takes longer than %s", w.turn, w.limitOf(w.turn))
}

func (w *stopwatch) limitOf(turn uint64) time.Duration {
	if turn == 0 {
		return w.limit
	}
	return replayFactor * w.limit
}

// replayFactor is how many times as long as a new turn a replayed turn may take. That turn was once
// made within the limit, by a node that may have been faster or less busy, and quarantining its run
// would not make it shorter.
const replayFactor = 10

// restart restarts the stopwatch, for a recorded turn; 0 is the new one.
func (w *stopwatch) restart(turn uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.turn, w.left, w.since = turn, w.limitOf(turn), time.Now()
	w.timer.Reset(w.left)
}

// pauseWhile stops the stopwatch while do waits.
func (w *stopwatch) pauseWhile(do func()) {
	w.mu.Lock()
	w.timer.Stop()
	w.left -= time.Since(w.since)
	w.mu.Unlock()
	do()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.since = time.Now()
	w.timer.Reset(max(w.left, 0))
}

// pace lets the long turns of a machine, which holds a place to compute, yield to other types from
// time to time. It implements replay.Pace.
type pace struct {
	places *shares
	key    string          // the run's type
	until  context.Context // when it ends, replay stops between two turns; nil = only the call's own context stops it
}

// errBetweenTurns means that a replay stopped early and may continue later.
var errBetweenTurns = errors.New("nobody waits for the replay any more")

// Turn implements replay.Pace.
func (p *pace) Turn(ctx context.Context, n uint64) error {
	if p.until != nil && p.until.Err() != nil {
		return errBetweenTurns
	}
	if w := stopwatchOf(ctx); w != nil {
		w.restart(n)
	}
	return nil
}

// Yield implements replay.Pace. It returns with a place to compute, even if ctx has ended, because
// its caller gives the place back.
func (p *pace) Yield(ctx context.Context) {
	if !p.places.othersWait(p.key) {
		return
	}
	wait := func() {
		p.places.release()
		_ = p.places.acquire(context.WithoutCancel(ctx), p.key)
	}
	if w := stopwatchOf(ctx); w != nil {
		w.pauseWhile(wait)
		return
	}
	wait()
}
