package backtest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Which runs of a type are taken.
type Which string

// The choices of Which.
const (
	Open   Which = "open"
	Closed Which = "closed"
	All    Which = "all"
)

// Choice says which histories are replayed.
type Choice struct {
	Types []string // each is taken by itself, in this order
	Runs  Which
	Since history.Time     // those that started at this time or later; 0 = all
	Limit uint64           // the newest so many of all; 0 = all
	Where []rows.Condition // as in fsm.RunFilter
}

// filters lists what is looked for, one after the other: runs that are open are few among those
// that are closed, and have indexes of their own.
func (c *Choice) filters() (all []fsm.RunFilter) {
	for _, typ := range c.Types {
		f := fsm.RunFilter{Type: typ, StartedFrom: c.Since, Where: c.Where}
		if c.Runs != Open {
			all = append(all, f)
			continue
		}
		for _, status := range []history.Status{history.StatusRunning, history.StatusPaused} {
			f.Status = status
			all = append(all, f)
		}
	}
	return all
}

// AtMost returns how many runs the choice can find at most, without looking for them.
func (c *Choice) AtMost(v fsm.View) (n uint64) {
	for _, typ := range c.Types {
		for _, k := range v.CountRuns(fsm.RunFilter{Type: typ}) {
			if c.takes(k.Status) {
				n += k.Count
			}
		}
	}
	if c.Limit > 0 {
		n = min(n, c.Limit)
	}
	return n
}

func (c *Choice) takes(s history.Status) bool {
	return c.Runs == All || s.Open() == (c.Runs == Open)
}

// page is how many runs are listed at a time.
const page = 256

// Each calls f with the chosen runs, newest first, until f returns false or ctx ends, and returns
// how many there were.
func (c *Choice) Each(ctx context.Context, v fsm.View, f func(rows.Run) bool) (n uint64) {
	for _, filter := range c.filters() {
		for cursor := ""; ctx.Err() == nil; {
			runs, next := v.ListRuns(filter, page, cursor)
			for _, run := range runs {
				if !c.takes(run.Status) {
					continue
				}
				if !f(run) {
					return n
				}
				if n++; n == c.Limit {
					return n
				}
			}
			if cursor = next; cursor == "" {
				break
			}
		}
	}
	return n
}

// Trial is one backtest under way, or its results.
type Trial struct {
	candidate *Candidate
	choice    Choice
	share     *Share
	turn      time.Duration // that one turn may compute
	*Book
	cancel context.CancelCauseFunc
}

// Stop ends the backtest; its results stay.
func (t *Trial) Stop() { t.cancel(ErrStopped) }

// New prepares a backtest; it works as long as Run does. ctx ends it.
func New(ctx context.Context, v fsm.View, c *Candidate, choice Choice, share *Share, turn time.Duration) (*Trial, context.Context) {
	t := &Trial{candidate: c, choice: choice, share: share, turn: turn}
	t.Book = NewBook(v.Index(), choice.AtMost(v), time.Now())
	ctx, t.cancel = context.WithCancelCause(ctx)
	return t, ctx
}

// errRestored means that the database of the view is replaced.
var errRestored = errors.New("this node replaced its state by a snapshot of another node's; start the backtest again")

// together is how many runs a worker takes at a time, in the order in which they started: so it
// finds the history of each where that of the one before ends. Their results are noted when all
// are there, newest first like the runs.
const together = 8

// Run replays the histories that v shows. It returns when the backtest has ended and nothing uses v
// any more.
func (t *Trial) Run(ctx context.Context, v fsm.View) {
	defer t.cancel(nil)
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-v.Ends():
			t.cancel(errRestored)
		case <-over:
		}
	}()
	workers := make([]*worker, t.share.Places())
	runs := make(chan []rows.Run, 2*len(workers))
	var working sync.WaitGroup
	for i := range workers {
		workers[i] = &worker{share: t.share}
		workers[i].idle.Store(true)
	}
	watching, unwatch := context.WithCancel(ctx)
	for _, w := range workers {
		none := context.CancelCauseFunc(func(error) {})
		w.stop.Store(&none)
		working.Go(func() { t.work(ctx, v, w, runs) })
	}
	var watcher sync.WaitGroup
	watcher.Go(func() { watch(watching, workers, t.turn) })
	var some []rows.Run
	hand := func() bool {
		slices.Reverse(some)
		select {
		case runs <- some:
			some = make([]rows.Run, 0, together)
			return true
		case <-ctx.Done():
			return false
		}
	}
	n := t.choice.Each(ctx, v, func(run rows.Run) bool {
		some = append(some, run)
		return len(some) < together || hand()
	})
	hand()
	if ctx.Err() == nil {
		t.Found(n)
	}
	close(runs)
	working.Wait()
	unwatch()
	watcher.Wait()
	t.EndAs(ctx, nil)
}

// work replays histories until there are no more.
func (t *Trial) work(ctx context.Context, v fsm.View, w *worker, runs <-chan []rows.Run) {
	past := v.Past()
	defer past.Close()
	turning, stop := context.WithCancelCause(ctx) // of the worker's replays, until one is stopped
	defer func() { stop(nil) }()
	w.stop.Store(&stop)
	for some := range runs {
		var results []Result
		for _, run := range some {
			if t.share.enter(ctx) != nil {
				break // drains runs
			}
			r, err := t.prove(turning, past, w, run)
			t.share.leave()
			if turning.Err() != nil && ctx.Err() == nil { // this one was too slow
				var next context.CancelCauseFunc
				turning, next = context.WithCancelCause(ctx)
				w.stop.Store(&next)
				stop(nil)
				stop = next
			}
			if err == nil {
				results = append(results, r)
			}
		}
		for _, r := range slices.Backward(results) {
			t.Add(r)
		}
	}
}

// prove replays one history, for no longer than its turns may take.
func (t *Trial) prove(ctx context.Context, past *fsm.Past, w *worker, run rows.Run) (Result, error) {
	w.turns.Add(1)
	w.began = time.Now()
	w.idle.Store(false)
	defer func() {
		w.idle.Store(true)
		w.worked += time.Since(w.began)
	}()
	return t.candidate.Prove(ctx, past, run, w)
}
