package backtest

import (
	"context"
	"fmt"
	goruntime "runtime"
	"sync/atomic"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// Share is the part of the machine that all backtests of a node may use together. Whoever replays
// holds a place, and rests in it: after some time of work it sleeps as much longer as its place is
// less than a core. Time is measured by the clock, so that on a busy machine a backtest works less.
type Share struct {
	places chan struct{}
	rest   float64 // how long a place rests, as a multiple of how long it worked
}

// NewShare makes the share of a machine with so many cores; part is above 0, and at most 1.
func NewShare(part float64, cores int) *Share {
	whole := part * float64(max(cores, 1))
	n := max(1, int(whole+0.999))
	return &Share{places: make(chan struct{}, n), rest: max(0, float64(n)/whole-1)}
}

// Places returns how many histories may be replayed at once.
func (s *Share) Places() int { return cap(s.places) }

func (s *Share) enter(ctx context.Context) error {
	select {
	case s.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *Share) leave() { <-s.places }

// slice is how long a place works before it rests.
const slice = 5 * time.Millisecond

// worker replays histories one after the other. It implements replay.Pace.
type worker struct {
	share  *Share
	began  time.Time     // of the work under way
	worked time.Duration // before that, since the last rest
	limit  time.Duration // of a turn, if timer is set
	timer  *time.Timer   // of a Prover: ends a turn that takes too long; else watch does
	turns  atomic.Uint64
	idle   atomic.Bool // it replays nothing now, or rests
	stop   atomic.Pointer[context.CancelCauseFunc]
}

// Prover replays histories for a caller who has them one at a time, at the pace of a share.
type Prover struct{ worker worker }

// NewProver makes one, for one goroutine.
func NewProver(s *Share) *Prover { return &Prover{worker{share: s}} }

// Prove is Candidate.Prove within the share; limit is how long the candidate may compute in one
// turn.
func (p *Prover) Prove(ctx context.Context, c *Candidate, past *fsm.Past, run rows.Run, limit time.Duration) (Result, error) {
	w := &p.worker
	if err := w.share.enter(ctx); err != nil {
		return Result{}, err
	}
	defer w.share.leave()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w.limit, w.timer = limit, time.AfterFunc(limit, func() { cancel(&Slow{limit}) })
	defer w.timer.Stop()
	w.began = time.Now()
	defer func() { w.worked += time.Since(w.began) }()
	return c.Prove(ctx, past, run, w)
}

// Turn implements replay.Pace.
func (w *worker) Turn(ctx context.Context, _ uint64) error {
	w.turns.Add(1)
	if w.timer != nil {
		w.timer.Reset(w.limit)
	}
	w.Yield(ctx)
	return nil
}

// Yield implements replay.Pace.
func (w *worker) Yield(ctx context.Context) {
	worked := w.worked + time.Since(w.began)
	if worked < slice {
		return
	}
	w.idle.Store(true)
	if w.timer != nil {
		w.timer.Stop()
	}
	if pause := time.Duration(float64(worked) * w.share.rest); pause > 0 {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	} else {
		goruntime.Gosched()
	}
	w.idle.Store(false)
	if w.timer != nil {
		w.timer.Reset(w.limit)
	}
	w.worked, w.began = 0, time.Now()
}

// Slow means that the candidate computes for longer than a turn may take.
type Slow struct{ Limit time.Duration }

func (e *Slow) Error() string {
	return fmt.Sprintf("nothing: after computing for %s the code had come to no wait", e.Limit)
}

// looks is how often a turn is looked at before it counts as slow.
const looks = 5

// watch ends the replay of a worker whose turn takes longer than limit, until ctx ends.
func watch(ctx context.Context, workers []*worker, limit time.Duration) {
	type seen struct {
		turns uint64
		times int
	}
	last := make([]seen, len(workers))
	tick := time.NewTicker(limit / looks)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		for i, w := range workers {
			switch turns := w.turns.Load(); {
			case turns != last[i].turns:
				last[i] = seen{turns: turns}
			case w.idle.Load():
			default:
				if last[i].times++; last[i].times > looks {
					(*w.stop.Load())(&Slow{limit})
					last[i].times = 0
				}
			}
		}
	}
}
