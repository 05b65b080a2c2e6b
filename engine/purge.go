package engine

import (
	"context"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// purger deletes closed runs that retention no longer keeps, a small batch at a time. It rests
// after each batch for as long as the batch took, so that callers' proposals come first.
type purger struct{ e *Engine }

// purgeBatch bounds the runs that one entry deletes. The state machine stops earlier if their
// histories are long.
const purgeBatch = 250

// restAtLeast is the pause after a batch. While nothing can be deleted, the pause doubles up to
// restAtMost.
const (
	restAtLeast = 2 * time.Millisecond
	restAtMost  = 10 * time.Second
)

func (p *purger) run(ctx context.Context) error {
	wait := backoff{first: 100 * time.Millisecond, most: restAtMost}
	for {
		now := p.e.now()
		var expired []history.RunID
		until := now.Add(longestNap)
		p.e.cfg.Log.View(func(v fsm.View) {
			if expired = v.ExpiredRuns(now, purgeBatch); len(expired) > 0 {
				return
			}
			if at, ok := v.NextExpiry(); ok && at > now {
				until = min(until, at)
			}
			for _, rule := range v.Retention() { // rules also apply to runs that close from now on
				if rule.Age > 0 {
					until = min(until, now.Add(rule.Age.Std()))
				}
			}
		})
		if len(expired) == 0 {
			wait.reset()
			if err := p.e.nap(ctx, until, p.e.retained); err != nil {
				return err
			}
			continue
		}
		began := time.Now()
		if !p.purge(ctx, expired) {
			if err := wait.pause(ctx); err != nil {
				return err
			}
			continue
		}
		wait.reset()
		if err := pause(ctx, max(time.Since(began), restAtLeast)); err != nil {
			return err
		}
	}
}

// purge proposes one batch and reports whether it deleted anything. Whatever the outcome, the state
// says what is left.
func (p *purger) purge(ctx context.Context, runs []history.RunID) bool {
	res, err := p.e.cfg.Log.Propose(ctx, fsm.Envelope{Command: &fsm.PurgeRuns{Runs: runs}})
	if err != nil {
		p.e.log.Debug("expired runs not deleted, will try again", "runs", len(runs), "error", err)
		return false
	}
	answer, ok := res.Answer.(*fsm.PurgeAnswer)
	if !ok || answer.Purged == 0 {
		return false
	}
	p.e.metrics.purged.Add(float64(answer.Purged))
	return true
}
