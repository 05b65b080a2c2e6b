package engine

import (
	"context"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// SetVersionRetention sets which drained versions are unloaded: of each type the newest keep that
// are loaded stay, and every version for minAge after it was drained. Without a rule all stay.
func (e *Engine) SetVersionRetention(ctx context.Context, c Call, keep int64, minAge time.Duration) (Answered, error) {
	if keep < 0 || keep > fsm.MaxKeptVersions {
		return Answered{}, invalid("keep", "is %d; 0 to %d are allowed", keep, fsm.MaxKeptVersions)
	}
	if age := history.Duration(minAge); age < 0 || age > fsm.MaxRetention {
		return Answered{}, invalid("min_age", "is %s; 0s to %s are allowed", minAge, fsm.MaxRetention)
	}
	return e.proposeVersionRetention(ctx, c, &fsm.SetVersionRetention{Rule: rows.VersionRetention{Keep: uint64(keep), MinAge: history.Duration(minAge)}})
}

// RemoveVersionRetention takes the rule away.
func (e *Engine) RemoveVersionRetention(ctx context.Context, c Call) (Answered, error) {
	return e.proposeVersionRetention(ctx, c, &fsm.SetVersionRetention{Remove: true})
}

func (e *Engine) proposeVersionRetention(ctx context.Context, c Call, cmd *fsm.SetVersionRetention) (Answered, error) {
	_, a, err := proposeAt[*fsm.Done](ctx, e, c, 1, cmd)
	select {
	case e.versionRule <- struct{}{}: // even if the outcome is not known: looking costs nothing
	default:
	}
	return a, err
}

// VersionRetention returns the rule; nil = there is none.
func (e *Engine) VersionRetention(ctx context.Context, rd Read) (rule *rows.VersionRetention, index uint64, err error) {
	err = e.read(ctx, rd, func(v fsm.View) {
		if r, ok := v.VersionRetention(); ok {
			rule = &r
		}
		index = v.Index()
	})
	return rule, index, err
}

// unloader unloads versions that the rule does not keep, a bounded number at a time.
type unloader struct{ e *Engine }

// spentBatch bounds what one entry unloads; the state machine stops earlier for large packages.
const spentBatch = 100

// lookForSpent is how often drained versions are looked for: what drains meanwhile is seen then.
const lookForSpent = 30 * time.Second

func (u *unloader) run(ctx context.Context) error {
	for {
		now := u.e.now()
		var spent []catalog.Version
		var next history.Time
		u.e.cfg.Log.View(func(v fsm.View) { spent, next = v.SpentVersions(now, spentBatch) })
		if len(spent) > 0 && u.unload(ctx, spent) {
			if err := pause(ctx, restAtLeast); err != nil {
				return err
			}
			continue
		}
		until := now.Add(lookForSpent)
		if next != 0 {
			until = min(until, next)
		}
		if len(spent) > 0 { // not this time: somebody started on them, or this node does not lead
			until = now.Add(time.Second)
		}
		if err := u.e.nap(ctx, until, u.e.versionRule); err != nil {
			return err
		}
	}
}

// unload proposes one batch and reports whether it unloaded anything.
func (u *unloader) unload(ctx context.Context, spent []catalog.Version) bool {
	res, err := u.e.cfg.Log.Propose(ctx, fsm.Envelope{Command: &fsm.PurgeVersions{Versions: spent}})
	if err != nil {
		u.e.log.Debug("drained versions not unloaded, will try again", "versions", len(spent), "error", err)
		return false
	}
	a, ok := res.Answer.(*fsm.VersionsPurged)
	if ok && len(a.Versions) > 0 {
		u.e.log.Info("unloaded drained versions, by retention", "versions", len(a.Versions))
	}
	return ok && len(a.Versions) > 0
}
