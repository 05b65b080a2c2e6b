package engine

import (
	"context"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/clip"
)

// reconciler compiles on this node what the state names, and reports through the log which versions
// this node has ready. It is level-triggered: every round compares the actual with the desired
// state, so a missed event costs time, not correctness.
type reconciler struct {
	e      *Engine
	rouse  chan struct{}
	failed chan failure

	// Owned by run.
	problems map[catalog.Version]string          // loaded versions that failed to compile here
	compiled map[catalog.Version]catalog.Version // loaded versions that compiled here, with their content hash; the program may have left the cache since, and is recompiled when needed
}

type failure struct {
	version catalog.Version
	reason  string
}

// resync bounds how long the reconciler relies on having heard of every change; retry is how soon
// it repeats what failed.
const (
	resync   = time.Minute
	retry    = 5 * time.Second
	maxCause = 500 // bytes of a reported problem
)

func newReconciler(e *Engine) *reconciler {
	return &reconciler{
		e: e, rouse: make(chan struct{}, 1), failed: make(chan failure),
		problems: make(map[catalog.Version]string), compiled: make(map[catalog.Version]catalog.Version),
	}
}

// notice requests a round if the event changes the catalog, or which nodes are ready.
func (r *reconciler) notice(event string) {
	switch event {
	case "", "PackageLoaded", "VersionUnloaded", "MemberChanged":
		select {
		case r.rouse <- struct{}{}:
		default:
		}
	}
}

// fail records that this node can no longer run a version.
func (r *reconciler) fail(ctx context.Context, v catalog.Version, why error) {
	select {
	case r.failed <- failure{v, clip.To(why.Error(), maxCause)}:
	case <-ctx.Done():
	}
}

func (r *reconciler) run(ctx context.Context) error {
	for {
		next := resync
		if !r.reconcile(ctx) {
			next = retry
		}
		timer := time.NewTimer(next)
		select {
		case <-r.rouse:
		case f := <-r.failed:
			delete(r.compiled, f.version)
			r.problems[f.version] = f.reason
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// reconcile compiles what is loaded, forgets what is not, and reports what the cluster does not
// know yet. It returns false if something remains to be retried.
func (r *reconciler) reconcile(ctx context.Context) bool {
	var packages []*catalog.Package
	reported := make(map[catalog.Version]rows.Readiness) // by this node
	r.e.cfg.Log.View(func(v fsm.View) {
		packages = v.Catalog().Packages()
		for _, row := range v.Readiness() {
			if row.Node == r.e.cfg.Node {
				reported[row.Version] = row
			}
		}
	})
	loaded, contents := make(map[catalog.Version]bool, len(packages)), make(map[catalog.Version]bool, len(packages))
	for _, p := range packages {
		loaded[p.Version], contents[p.Content()] = true, true
	}
	for v, content := range r.compiled {
		if !loaded[v] {
			delete(r.compiled, v)
			if !contents[content] {
				r.e.programs.cache.Evict(content)
			}
		}
	}
	for v := range r.problems {
		if !loaded[v] {
			delete(r.problems, v)
		}
	}
	settled := true
	for _, p := range packages {
		if _, compiled := r.compiled[p.Version]; !compiled {
			settled = r.compile(ctx, p) && settled
		}
		if ctx.Err() != nil {
			return false
		}
		settled = r.report(ctx, p.Version, reported[p.Version]) && settled
	}
	r.e.metrics.programs.Set(float64(len(r.compiled)))
	return settled
}

func (r *reconciler) compile(ctx context.Context, p *catalog.Package) bool {
	limited, cancel := context.WithTimeout(ctx, r.e.limits.CheckTimeout)
	defer cancel()
	if _, err := r.e.programs.load(limited, p); err != nil {
		if ctx.Err() == nil {
			r.e.log.Warn("a loaded version is not ready on this node", "version", p.Content().Short(), "error", err)
			r.problems[p.Version] = clip.To(err.Error(), maxCause)
		}
		return false
	}
	r.compiled[p.Version] = p.Content()
	delete(r.problems, p.Version)
	return true
}

// report proposes this node's readiness for a version if the cluster knows otherwise. A report on a
// version that was unloaded meanwhile is ignored.
func (r *reconciler) report(ctx context.Context, version catalog.Version, known rows.Readiness) bool {
	_, compiled := r.compiled[version]
	want := rows.Readiness{Version: version, Node: r.e.cfg.Node, Ready: compiled, Problem: r.problems[version]}
	if known == want {
		return true
	}
	cmd := &fsm.ReportReady{Node: want.Node, Version: want.Version, Ready: want.Ready, Problem: want.Problem}
	if _, err := r.e.cfg.Log.Propose(ctx, fsm.Envelope{Command: cmd}); err != nil {
		r.e.log.Debug("readiness not reported, will try again", "version", version.Short(), "error", err)
		return false
	}
	return true
}
