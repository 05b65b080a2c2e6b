package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/backtest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// batches drives the batches that run: it looks for the next runs of each and proposes what is to
// be done to them, no faster than its rate. It starts without any knowledge: the state says how far
// each has come, and an entry of a leader that was overtaken does nothing.
type batches struct {
	e     *Engine
	moved chan struct{} // a batch may have begun
	of    map[string]*batchAt
}

// batchAt is what the loop knows of one batch.
type batchAt struct {
	due   time.Time // when its next runs may be dealt with
	below uint64    // no run from here up to where the batch stands is one of its runs; 0 = nothing is known
	stood uint64    // where it stood then
	tries int       // of its next run, which could not be dealt with as it stood
	wait  backoff
}

const (
	batchPiece  = 100 // runs of one entry
	batchProofs = 10  // of one that needs a proof of each
	batchTries  = 10  // of a run that changes whenever it is to be dealt with
)

func newBatches(e *Engine) *batches {
	return &batches{e: e, moved: make(chan struct{}, 1), of: map[string]*batchAt{}}
}

// notice wakes the loop: there are batches.
func (l *batches) notice() {
	select {
	case l.moved <- struct{}{}:
	default:
	}
}

func (l *batches) run(ctx context.Context) error {
	for {
		var running []string
		l.e.cfg.Log.View(func(v fsm.View) { running = v.RunningBatches() })
		next := time.Now().Add(time.Hour)
		known := map[string]*batchAt{}
		for _, id := range running {
			at := l.of[id]
			if at == nil {
				at = &batchAt{wait: backoff{first: 20 * time.Millisecond, most: 2 * time.Second}}
			}
			known[id] = at
			if !at.due.After(time.Now()) {
				l.advance(ctx, id, at)
			}
			if at.due.Before(next) {
				next = at.due
			}
		}
		l.of = known
		nap := time.NewTimer(max(time.Until(next), restAtLeast))
		select {
		case <-nap.C:
		case <-l.wake(len(running)):
		case <-ctx.Done():
			nap.Stop()
			return ctx.Err()
		}
		nap.Stop()
	}
}

// wake is what wakes the loop before its time: while batches run, it is busy with them, and sees a
// new one within the second.
func (l *batches) wake(running int) <-chan struct{} {
	if running > 0 {
		return nil
	}
	return l.moved
}

// advance deals with the next runs of a batch, and says when those after them are due.
func (l *batches) advance(ctx context.Context, id string, at *batchAt) {
	var b rows.Batch
	var found, end bool
	var acts []fsm.BatchAct
	var to uint64
	l.e.cfg.Log.View(func(v fsm.View) {
		if b, found = v.Batch(id); !found || b.Status != rows.BatchRunning {
			return
		}
		if at.stood != b.Below || at.below == 0 {
			at.stood, at.below = b.Below, b.Below
		}
		acts, to, end = v.BatchNext(b, at.below, pieceOf(&b.Spec))
	})
	if !found || b.Status != rows.BatchRunning {
		return
	}
	if len(acts) == 0 && !end {
		at.below = to // the state need not know
		return
	}
	acts, whole := l.prepare(namespace.With(ctx, b.Space), &b, acts, at)
	if !whole {
		if end = false; len(acts) == 0 {
			at.again()
			return
		}
		to = acts[len(acts)-1].Serial
	}
	res, err := l.e.cfg.Log.Propose(ctx, fsm.Envelope{Actor: b.Actor, Command: &fsm.ActBatch{ID: id, Below: b.Below, To: to, End: end, Acts: acts}})
	answer, ok := res.Answer.(*fsm.BatchAnswer)
	if err != nil || !ok {
		l.e.log.Debug("a batch was not continued, will try again", "batch", id, "error", errors.Join(err, res.Refusal))
		at.due = time.Now().Add(at.wait.next())
		return
	}
	l.e.metrics.batchRuns.Add(float64(answer.Acted))
	at.due = time.Now().Add(time.Duration(answer.Acted) * time.Second / time.Duration(b.Spec.Rate))
	switch {
	case answer.Acted > 0:
		at.tries = 0
		at.wait.reset()
	case answer.Blocked:
		at.again()
	}
}

// again counts a try that came to nothing.
func (at *batchAt) again() {
	at.tries++
	at.due = time.Now().Add(at.wait.next())
}

// pieceOf is how many runs one entry deals with: about a fifth of a second's.
func pieceOf(s *rows.BatchSpec) int {
	most := batchPiece
	if s.Op == rows.BatchMove || s.Op == rows.BatchReopen || s.Op == rows.BatchReset {
		most = batchProofs
	}
	return min(most, max(1, int(s.Rate/5)))
}

// prepare finds out what the entry has to know of each run. Not whole: of those behind the ones
// that it returns, it could not find it out now.
func (l *batches) prepare(ctx context.Context, b *rows.Batch, acts []fsm.BatchAct, at *batchAt) ([]fsm.BatchAct, bool) {
	if b.Spec.DryRun || b.Spec.Op != rows.BatchMove && b.Spec.Op != rows.BatchReopen && b.Spec.Op != rows.BatchReset {
		if len(acts) > 0 {
			acts[0].Last = at.tries >= batchTries
		}
		return acts, true
	}
	find := l.reopening
	if b.Spec.Op == rows.BatchReset {
		find = l.resetting(&b.Spec)
	}
	if b.Spec.Op == rows.BatchMove {
		m, err := l.mover(ctx, b)
		if err != nil {
			find = func(context.Context, *fsm.BatchAct) error { return err }
		} else {
			find = m.moving
		}
	}
	for i := range acts {
		act := &acts[i]
		act.Last = i == 0 && at.tries >= batchTries
		err := find(ctx, act)
		var refused fsm.Refusal
		switch {
		case err == nil:
		case errors.As(err, &refused) && refused.Code() != "unavailable":
			act.Code, act.Detail = refused.Code(), refused.Error()
		case act.Last:
			act.Code, act.Detail = "unavailable", err.Error()
		default:
			return acts[:i], false
		}
	}
	return acts, true
}

// reopening finds out what a run that is reopened takes up again.
func (l *batches) reopening(ctx context.Context, act *fsm.BatchAct) error {
	var run rows.Run
	l.e.cfg.Log.View(func(v fsm.View) { run, _ = v.Run(act.RunID) })
	cmd := &fsm.ReopenRun{Run: fsm.RunRef{WorkflowID: run.WorkflowID, RunID: act.RunID}, Rules: l.e.rules()}
	if err := l.e.reopening(ctx, cmd); err != nil {
		return err
	}
	act.Reopen = cmd
	return nil
}

// resetting finds out what a run that is reset has under way, and proves that it replays.
func (l *batches) resetting(s *rows.BatchSpec) func(ctx context.Context, act *fsm.BatchAct) error {
	return func(ctx context.Context, act *fsm.BatchAct) error {
		var run rows.Run
		var on *catalog.Package
		found := false
		l.e.cfg.Log.View(func(v fsm.View) {
			run, found = v.Run(act.RunID)
			on, _ = v.Catalog().Package(s.To)
		})
		switch {
		case !found:
			return nil // the entry passes it over
		case on == nil && !s.To.IsZero():
			return &catalog.UnknownVersion{Ref: s.To.String()}
		}
		r := &ResetRequest{Run: fsm.RunRef{WorkflowID: run.WorkflowID, RunID: run.RunID}, Point: Point{To: s.Point, version: s.Before}, DropSignals: s.DropSignals}
		if !s.Before.IsZero() {
			r.Point.Version = s.Before.String()
		}
		_, cmd, err := l.e.resetting(ctx, r, on)
		if err != nil {
			return err
		}
		act.Reset = cmd
		return nil
	}
}

// batchMover proves that runs replay on the version of a batch.
type batchMover struct {
	e         *Engine
	to        *catalog.Package
	candidate *backtest.Candidate
	prover    *backtest.Prover
}

func (l *batches) mover(ctx context.Context, b *rows.Batch) (*batchMover, error) {
	var to *catalog.Package
	l.e.cfg.Log.View(func(v fsm.View) { to, _ = v.Catalog().Package(b.Spec.To) })
	if to == nil {
		return nil, &catalog.UnknownVersion{Ref: b.Spec.To.String()}
	}
	candidate, err := l.e.candidate(ctx, "", to.Version.String())
	if err != nil {
		return nil, err
	}
	return &batchMover{l.e, to, candidate, backtest.NewProver(l.e.moves.share)}, nil
}

func (m *batchMover) moving(ctx context.Context, act *fsm.BatchAct) error {
	var run rows.Run
	found := false
	m.e.cfg.Log.View(func(v fsm.View) { run, found = v.Run(act.RunID) })
	if !found {
		return nil // the entry passes it over
	}
	if _, carries := m.to.Member(run.Type); !carries {
		return &catalog.VersionUnavailable{Type: run.Type, Version: m.to.Version}
	}
	one := &move{e: m.e, from: run.Version, to: m.to, candidate: m.candidate, prover: m.prover}
	r, cmd, err := one.prove(ctx, act.RunID)
	switch {
	case err != nil:
		return err
	case cmd != nil:
		act.Move = cmd
	case r.Verdict == backtest.Diverged || r.Verdict == backtest.Differed:
		return &DoesNotReplay{WorkflowID: run.WorkflowID, RunID: run.RunID, To: m.to.Version, Seq: r.Seq, Recorded: r.Recorded, Asked: r.Asked, Where: r.Where}
	default:
		return fmt.Errorf("it was not proven: %s", r.Why)
	}
	return nil
}
