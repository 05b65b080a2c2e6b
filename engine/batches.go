package engine

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// levelBatches is the level of the state from which on there are batches.
const levelBatches = 4

// defaultBatchRate is how many runs a second a batch deals with whose starter does not say.
const defaultBatchRate = 100

// BatchRequest says what is to be done to which runs.
type BatchRequest struct {
	Spec  rows.BatchSpec // without To, Waiting, Point and Before
	To    string         // version of a move, or on which runs that are reset go on; or a prefix
	Point *Point         // of a reset; nil = none was given
}

// StartBatch begins to do one operation to many runs: those that started before and meet the
// conditions when the batch comes to them. The state keeps how far it has come, so it goes on
// whoever leads, and does it to each run once.
func (e *Engine) StartBatch(ctx context.Context, c Call, r BatchRequest) (*fsm.BatchAnswer, Answered, error) {
	if res, ok, err := e.firstOutcome(c); ok || err != nil {
		if err != nil {
			return nil, Answered{}, err
		}
		return outcome[*fsm.BatchAnswer](c, res)
	}
	s := r.Spec
	if err := e.checkBatch(&s, r.To); err != nil {
		return nil, Answered{}, err
	}
	if err := checkBatchPoint(&s, r.Point); err != nil {
		return nil, Answered{}, err
	}
	if err := e.cfg.Log.Sync(ctx); err != nil {
		return nil, Answered{}, err
	}
	if r.To != "" {
		to, err := e.movableTo(ctx, "to", r.To)
		if err != nil {
			return nil, Answered{}, err
		}
		s.To = to.Version
	}
	var err error
	e.view(ctx, func(v fsm.View) {
		if err = resolveConditions(v, s.Where); err == nil && r.Point != nil {
			err = r.Point.resolve(v)
			s.Before = r.Point.version
		}
	})
	if err != nil {
		return nil, Answered{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, Answered{}, err
	}
	level := uint64(levelBatches)
	if s.Op == rows.BatchReset {
		level = 5
	}
	return proposeAt[*fsm.BatchAnswer](ctx, e, c, level, &fsm.StartBatch{ID: id.String(), Spec: s})
}

// checkBatchPoint checks up to where a batch of resets keeps histories: seqs differ from run to
// run.
func checkBatchPoint(s *rows.BatchSpec, p *Point) error {
	if (s.Op == rows.BatchReset) != (p != nil) || p == nil && s.DropSignals {
		return invalid("point", "and drop_signals are of a reset, which needs a point, and of nothing else")
	}
	if p == nil {
		return nil
	}
	if p.Event != 0 {
		return invalid("point", "has to_event: a batch takes turns, which mean the same in each run, or versions")
	}
	s.Point = p.To
	return p.check()
}

func (e *Engine) checkBatch(s *rows.BatchSpec, to string) (err error) {
	if s.Where, err = checkConditions(s.Where); err != nil {
		return err
	}
	if len(s.Where) == 0 {
		return invalid("where", "is missing: say which runs, for example status=running for all that run")
	}
	if s.Rate == 0 {
		s.Rate = defaultBatchRate
	}
	if s.Rate > fsm.MaxBatchRate {
		return invalid("rate", "is %d runs a second; 1 to %d are allowed", s.Rate, fsm.MaxBatchRate)
	}
	if err := checkText("reason", s.Reason, MaxMessage); err != nil {
		return err
	}
	if takes := []rows.BatchOp{rows.BatchCancel, rows.BatchTerminate, rows.BatchPause, rows.BatchReopen, rows.BatchReset}; s.Reason != "" && !slices.Contains(takes, s.Op) {
		return invalid("reason", "is not for %s", s.Op)
	}
	if s.Op == rows.BatchMove && to == "" || to != "" && s.Op != rows.BatchMove && s.Op != rows.BatchReset {
		return invalid("to", "is the version of a move, or that on which runs that are reset go on, and of nothing else")
	}
	if s.Op != rows.BatchSignal {
		if s.Signal != "" || len(s.Payload) > 0 {
			return invalid("signal", "and payload are not for %s", s.Op)
		}
		return nil
	}
	s.Waiting = e.limits.WaitingSignals
	if err := checkNameOf("signal", s.Signal); err != nil {
		return err
	}
	return e.checkPayload("payload", s.Payload)
}

// StopBatch ends a batch: what was done stays done.
func (e *Engine) StopBatch(ctx context.Context, c Call, id string) (*fsm.BatchAnswer, Answered, error) {
	return proposeAt[*fsm.BatchAnswer](ctx, e, c, levelBatches, &fsm.StopBatch{ID: id})
}

// Batch returns how a batch stands, with a page of its failures, those from the nth on.
func (e *Engine) Batch(ctx context.Context, rd Read, id string, limit int, from uint64) (b rows.Batch, failures []rows.BatchFailure, index uint64, err error) {
	if limit, err = checkPage(limit); err != nil {
		return b, nil, 0, err
	}
	found := false
	err = e.read(ctx, rd, func(v fsm.View) {
		index = v.Index()
		if b, found = v.Batch(id); found {
			failures = v.BatchFailures(id, from, limit)
		}
	})
	if err == nil && !found {
		err = &fsm.NoBatch{ID: id}
	}
	return b, failures, index, err
}

// Batches lists batches, newest first; the cursor is the id of the last one of a page.
func (e *Engine) Batches(ctx context.Context, rd Read, limit int, cursor string) (list []rows.Batch, next string, index uint64, err error) {
	if limit, err = checkPage(limit); err != nil {
		return nil, "", 0, err
	}
	err = e.read(ctx, rd, func(v fsm.View) {
		index = v.Index()
		if list = v.Batches(cursor, limit+1); len(list) > limit {
			list, next = list[:limit], list[limit-1].ID
		}
	})
	return list, next, index, err
}
