package engine

import (
	"context"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// jobs continues the work that commands left undone because it would have made their entries too
// long. It proposes one Continue after another, each for a bounded piece. It takes jobs in turn,
// oldest first, so that a large job does not delay the others. Between pieces it rests for as long
// as the last piece took, so that callers' proposals come first. It starts without any knowledge:
// the state lists the jobs.
type jobs struct {
	e     *Engine
	moved chan struct{} // there may be a job
}

func newJobs(e *Engine) *jobs { return &jobs{e: e, moved: make(chan struct{}, 1)} }

// notice wakes the loop: there are jobs.
func (j *jobs) notice() {
	select {
	case j.moved <- struct{}{}:
	default:
	}
}

func (j *jobs) run(ctx context.Context) error {
	wait := backoff{first: 20 * time.Millisecond, most: 2 * time.Second}
	last := uint64(0) // the job that was continued last
	for {
		var next []rows.Job
		var rest []fsm.Command // the work of no command, after that of others
		j.e.cfg.Log.View(func(v fsm.View) {
			rest = untaken(v)
			if next = v.Jobs(last, 1); len(next) == 0 && last > 0 {
				next = v.Jobs(0, 1)
			}
		})
		var cmd fsm.Command
		if len(next) > 0 {
			last = next[0].ID
			cmd = &fsm.Continue{Job: last}
		} else if last = 0; len(rest) > 0 {
			cmd = rest[0]
		} else {
			select {
			case <-j.moved:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		began := time.Now()
		res, err := j.e.cfg.Log.Propose(ctx, fsm.Envelope{Command: cmd})
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

// untaken are the commands that take the runs of earlier levels into the indexes of later ones.
func untaken(v fsm.View) (all []fsm.Command) {
	if v.FingerprintsWait() {
		all = append(all, new(fsm.TakeFingerprints))
	}
	if v.Level() >= 4 && v.OrderWaits() {
		all = append(all, new(fsm.TakeOrdered))
	}
	return all
}

// Jobs lists the remaining work of commands that were too large for one entry, oldest first, at
// most MaxPage.
func (e *Engine) Jobs(ctx context.Context, rd Read) (list []rows.Job, index uint64, err error) {
	err = e.read(ctx, rd, func(v fsm.View) { list, index = v.Jobs(0, MaxPage), v.Index() })
	return list, index, err
}
