package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// stopwatch ends a context when one turn takes too long. It begins anew with each turn that is
// shown again, so that a long life is no fault, and stands still while the turn waits for a place
// to compute.
type stopwatch struct {
	limit time.Duration

	mu    sync.Mutex // guards what follows
	timer *time.Timer
	turn  uint64 // that is shown again; 0 = the new one
	left  time.Duration
	since time.Time
}

type stopwatchKey struct{}

// timed returns a context that ends with the stopwatch that goes with it; call stop in the end.
func timed(ctx context.Context, limit time.Duration) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &stopwatch{limit: limit, left: limit, since: time.Now()}
	w.timer = time.AfterFunc(limit, func() { cancel(w.late()) })
	return context.WithValue(ctx, stopwatchKey{}, w), func() {
		w.timer.Stop()
		cancel(nil)
	}
}

func stopwatchOf(ctx context.Context) *stopwatch {
	w, _ := ctx.Value(stopwatchKey{}).(*stopwatch)
	return w
}

func (w *stopwatch) late() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.turn == 0 {
		return fmt.Errorf("its turn takes longer than %s", w.limit)
	}
	return fmt.Errorf("showing its turn %d again takes longer than %s", w.turn, w.most(w.turn))
}

func (w *stopwatch) most(turn uint64) time.Duration {
	if turn == 0 {
		return w.limit
	}
	return replayFactor * w.limit
}

// replayFactor is how many times as long as a new turn one may take that is shown again: it was
// made within the limit once, by a node that may have been faster or less busy, and to quarantine
// its run would not make it shorter.
const replayFactor = 10

// lap begins anew, for a recorded turn; 0 is the new one.
func (w *stopwatch) lap(turn uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.turn, w.left, w.since = turn, w.most(turn), time.Now()
	w.timer.Reset(w.left)
}

// rest stands still while do waits.
func (w *stopwatch) rest(do func()) {
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

// pace is how a machine gets on that has one of the places to compute: long turns let other types
// go first from time to time. It implements replay.Pace.
type pace struct {
	places *shares
	key    string          // the run's type
	until  context.Context // when it ends, a replay ends between two turns; nil = it is only ended by its own context
}

// errBetweenTurns says that a replay ended early and may go on later.
var errBetweenTurns = errors.New("nobody waits for the replay any more")

// Turn implements replay.Pace.
func (p *pace) Turn(ctx context.Context, n uint64) error {
	if p.until != nil && p.until.Err() != nil {
		return errBetweenTurns
	}
	if w := stopwatchOf(ctx); w != nil {
		w.lap(n)
	}
	return nil
}

// Yield implements replay.Pace. It ends with a place, also when ctx has ended: whoever called gives
// it back.
func (p *pace) Yield(ctx context.Context) {
	if !p.places.others(p.key) {
		return
	}
	wait := func() {
		p.places.give()
		_ = p.places.take(context.WithoutCancel(ctx), p.key)
	}
	if w := stopwatchOf(ctx); w != nil {
		w.rest(wait)
		return
	}
	wait()
}
