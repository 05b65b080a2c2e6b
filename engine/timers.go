package engine

import (
	"context"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// timers fires due timers. The log's clock decides what is due; the state machine checks again with
// the entry's own time, so that nothing fires early.
type timers struct {
	e     *Engine
	next  atomic.Int64  // log time up to which it sleeps; the end of time while it is awake
	rouse chan struct{} // a timer was armed that is due before that
}

// fireBatch bounds the timers that one entry fires.
const fireBatch = 1024

func newTimers(e *Engine) *timers {
	return &timers{e: e, rouse: make(chan struct{}, 1)}
}

// notice reports the first due time, as a reader of every index saw it.
func (t *timers) notice(first history.Time) {
	if int64(first) < t.next.Load() {
		select {
		case t.rouse <- struct{}{}:
		default:
		}
	}
}

func (t *timers) run(ctx context.Context) error {
	wait := backoff{first: 10 * time.Millisecond, most: time.Second}
	for {
		var first history.Time
		var armed bool
		var due []fsm.TimerRef
		t.next.Store(math.MaxInt64) // awake: what is noticed from here on may be news to the read below
		now := t.e.now()
		t.e.cfg.Log.View(func(v fsm.View) {
			if first, armed = v.NextTimer(); armed && first <= now {
				due = v.DueTimers(now, fireBatch)
			}
		})
		if len(due) > 0 {
			if t.fire(ctx, due) {
				wait.reset()
			} else if err := wait.pause(ctx); err != nil {
				return err
			}
			continue
		}
		until := now.Add(longestNap)
		if armed {
			until = min(until, first)
		}
		t.next.Store(int64(until))
		if err := t.e.nap(ctx, until, t.rouse); err != nil {
			return err
		}
	}
}

// fire proposes one batch and reports whether it fired anything. Whatever the outcome, the state
// says what is still armed.
func (t *timers) fire(ctx context.Context, due []fsm.TimerRef) bool {
	answer, _, err := proposeAhead[*fsm.FireAnswer](ctx, t.e, Call{}, &fsm.FireTimers{Timers: due, Jitter: rand.Uint32()}, func(c *convoy) { foreseeFired(c, due) })
	if err != nil {
		t.e.log.Debug("timers not fired, will try again", "timers", len(due), "error", err)
		return false
	}
	if answer.Fired == 0 {
		return false
	}
	t.e.metrics.timers.Add(float64(answer.Fired))
	return true
}

// foreseeFired makes the turns that follow if few timers fire, and all of these. With more of them
// due, their turns would hold up the next batch.
func foreseeFired(c *convoy, due []fsm.TimerRef) {
	if len(due) > maxAhead {
		return
	}
	var fired outcomes
	c.d.e.cfg.Log.View(func(v fsm.View) {
		for _, ref := range due {
			if _, clock := v.Task(ref.RunID, ref.ID); ref.ID != 0 && !clock { // what the clock of a task leads to is not known before
				fired.add(ref.RunID, &history.TimerFired{ID: ref.ID})
			}
		}
	})
	fired.foresee(c)
}
