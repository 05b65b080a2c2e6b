package engine

import (
	"context"
	"time"

	"aion.dev/aion/engine/desk"
	"aion.dev/aion/internal/lifecycle"
)

// Lead runs the leader's loops: turns, timers, schedules, tasks for workers. The cluster calls it
// after winning an election and a barrier. ctx ends when leadership is lost, and Lead returns, with
// everything that it started, before the next win. Lead starts without any knowledge: the state
// lists what is ready, due and offered, so a new leader, a restarted one and one that never stopped
// do the same.
func (e *Engine) Lead(ctx context.Context, term uint64) {
	e.log.Info("leading: taking turns and firing timers", "term", term)
	g, ctx := lifecycle.New(ctx)
	t := newTimers(e)
	k := desk.New(ctx, desk.Config{View: e.cfg.Log.View, Now: e.now, Nap: e.nap, Polls: e.metrics.pollers})
	d := newDriver(e, g, t, k)
	g.Go("timers", t.run)
	g.Go("desk", k.Run)
	g.Go("driver", d.run)
	g.Go("schedules", d.schedules.run)
	g.Go("purge", (&purger{e}).run)
	g.Go("jobs", d.jobs.run)
	g.Go("batches", d.batches.run)
	g.Go("canaries", (&canaryTimes{e}).run)
	g.Go("drained versions", (&unloader{e}).run)
	e.polled.begin(time.Now())
	e.pollers.begin(time.Now())
	e.desks.set(k)
	e.driver.Store(d)
	d.changed()
	if err := g.Wait(); err != nil && ctx.Err() == nil {
		e.log.Error("a loop of the leader ended", "error", err)
	}
	e.driver.Store(nil)
	e.desks.set(nil)
	e.polled.begin(time.Time{})
	e.pollers.begin(time.Time{})
	d.close()
	d.resident.Clear()
	e.metrics.resident.Set(0)
	e.log.Info("no longer leading", "term", term)
}
