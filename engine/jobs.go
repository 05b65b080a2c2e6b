package engine

import (
	"context"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// jobs goes on with what commands have left undone because it would have made their entries too
// long: one Continue after the other, each a bounded piece, the oldest job first and then the next,
// so that a large one does not hold up those behind it. Between two pieces it rests for as long as
// the piece took, so that what callers propose goes first. It begins with nothing: what there is to
// do stands in the state.
type jobs struct {
	e     *Engine
	moved chan struct{} // there is a job
}

func newJobs(e *Engine) *jobs { return &jobs{e: e, moved: make(chan struct{}, 1)} }

// notice says that there are jobs.
func (j *jobs) notice() {
	select {
	case j.moved <- struct{}{}:
	default:
	}
}

func (j *jobs) run(ctx context.Context) error {
	wait := backoff{first: 20 * time.Millisecond, most: 2 * time.Second}
	last := uint64(0) // the job that had its turn
	for {
		var next []rows.Job
		j.e.cfg.Log.View(func(v fsm.View) {
			if next = v.Jobs(last, 1); len(next) == 0 && last > 0 {
				next = v.Jobs(0, 1)
			}
		})
		if len(next) == 0 {
			last = 0
			select {
			case <-j.moved:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		last = next[0].ID
		began := time.Now()
		res, err := j.e.cfg.Log.Propose(ctx, fsm.Envelope{Command: &fsm.Continue{Job: last}})
		if err != nil {
			j.e.log.Debug("a job was not continued, will try again", "job", last, "error", err)
			if err := wait.pause(ctx); err != nil {
				return err
			}
			continue
		}
		wait.reset()
		if answer, ok := res.Answer.(*fsm.ContinueAnswer); ok {
			j.e.metrics.jobClosed.Add(float64(answer.Closed))
		}
		if err := pause(ctx, max(time.Since(began), restAtLeast)); err != nil {
			return err
		}
	}
}

// Jobs lists what is left to do of commands that were too large for one entry, the oldest first, at
// most MaxPage.
func (e *Engine) Jobs(ctx context.Context, rd Read) (list []rows.Job, index uint64, err error) {
	err = e.read(ctx, rd, func(v fsm.View) { list, index = v.Jobs(0, MaxPage), v.Index() })
	return list, index, err
}
