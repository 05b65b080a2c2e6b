package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// QueryTimeout: the run had no turn, or its handler no answer, in time.
type QueryTimeout struct {
	WorkflowID string
	RunID      history.RunID
	Limit      time.Duration
	Waiting    bool // for the run's first turn

	Rebuilt, Turns uint64 // of the run's turns so many were shown again to an execution for queries; the next query goes on from there
}

func (e *QueryTimeout) Error() string {
	if e.Waiting {
		return fmt.Sprintf("run %s of workflow %q recorded no first turn within %s", e.RunID, e.WorkflowID, e.Limit)
	}
	if e.Turns > 0 {
		return fmt.Sprintf("the query of workflow %q was not answered within %s: its execution is being rebuilt, %d of %d turns are done; the next query goes on from there",
			e.WorkflowID, e.Limit, e.Rebuilt, e.Turns)
	}
	return fmt.Sprintf("the query of workflow %q was not answered within %s", e.WorkflowID, e.Limit)
}

// Code implements the refusals' interface.
func (e *QueryTimeout) Code() string { return "query_timeout" }

// Facts implements the refusals' interface.
func (e *QueryTimeout) Facts() map[string]any {
	return map[string]any{"workflow_id": e.WorkflowID, "run_id": e.RunID.String(), "limit": e.Limit.String()}
}

// queries keeps executions that answer queries: rebuilt by replay, brought up to the newest turn
// before each answer, and never used for making turns: a
// closure may have changed what it holds. A handler changes nothing, so a
// run has one, which its queries use one after the other.
type queries struct {
	kept *parked
	cpus *shares // one place for each query that computes

	mu    sync.Mutex
	gates map[history.RunID]*turnstile // of runs that are asked now
}

// turnstile is where the queries of one run wait for its execution.
type turnstile struct {
	place chan struct{} // holds a value while the execution is in use
	in    int           // queries that wait or are being answered; queries.mu guards it
}

// enter waits until no other query of the run is being answered. Err is the cause of ctx's end.
func (q *queries) enter(ctx context.Context, id history.RunID) (leave func(), err error) {
	q.mu.Lock()
	l := q.gates[id]
	if l == nil {
		l = &turnstile{place: make(chan struct{}, 1)}
		q.gates[id] = l
	}
	l.in++
	q.mu.Unlock()
	out := func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if l.in--; l.in == 0 {
			delete(q.gates, id)
		}
	}
	select {
	case l.place <- struct{}{}:
		return func() { <-l.place; out() }, nil
	case <-ctx.Done():
		out()
		return nil, context.Cause(ctx)
	}
}

func newQueries(l Limits) *queries {
	return &queries{
		kept: newParked(l.Queries, l.ResidentBytes/4),
		cpus: newShares(l.Turns),

		gates: make(map[history.RunID]*turnstile),
	}
}

// Query asks a handler of a run's code as of the newest turn recorded when the query was made, and
// the index that this was at. A query before the first turn waits for it. Closed runs answer while
// their version is loaded.
func (e *Engine) Query(ctx context.Context, rd Read, ref fsm.RunRef, name string, args history.Payload) (history.Payload, uint64, error) {
	if err := checkRef(ref); err != nil {
		return nil, 0, err
	}
	if err := checkKnown("name", name); err != nil {
		return nil, 0, err
	}
	if err := e.checkPayload("args", args); err != nil {
		return nil, 0, err
	}
	limit := e.limits.QueryTimeout
	late := &QueryTimeout{WorkflowID: ref.WorkflowID, Limit: limit}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, late)
	defer cancel()
	run, pkg, index, err := e.queried(ctx, rd, ref)
	if err != nil {
		return nil, index, causeOf(ctx, err)
	}
	if late.RunID = run.RunID; run.Through == 0 && run.Status.Open() {
		late.Waiting = true
		return nil, index, late
	}
	leave, err := e.queries.enter(ctx, run.RunID)
	if err != nil {
		return nil, index, err
	}
	defer leave()
	if run, pkg, index, err = e.seen(fsm.RunRef{WorkflowID: ref.WorkflowID, RunID: run.RunID}); err != nil {
		return nil, index, err
	}
	result, err := e.ask(ctx, run, pkg, name, args)
	if err != nil {
		return nil, index, causeOf(ctx, err)
	}
	e.metrics.queries.Inc()
	return result, index, nil
}

// queried finds the run, and waits for its first turn.
func (e *Engine) queried(ctx context.Context, rd Read, ref fsm.RunRef) (run rows.Run, pkg *catalog.Package, index uint64, err error) {
	look := func(v fsm.View) (wait bool) {
		index = v.Index()
		if run, pkg, err = runnable(v, ref); err == nil {
			ref.RunID = run.RunID
		}
		return err == nil && run.Through == 0 && run.Status.Open() // reopened ones may have turns that do not count
	}
	early := false
	if readErr := e.read(ctx, rd, func(v fsm.View) { early = look(v) }); readErr != nil {
		return run, nil, 0, readErr
	}
	if early {
		e.hub.awaitGrowth(ctx, e.limits.QueryTimeout, run.RunID, func(r rows.Run) bool { return r.Through > 0 || !r.Status.Open() }, look)
	}
	return run, pkg, index, err
}

// seen reads the run again, as this node knows it: another query that was answered first may have
// brought the execution further than this one's run was when it was found.
func (e *Engine) seen(ref fsm.RunRef) (run rows.Run, pkg *catalog.Package, index uint64, err error) {
	e.cfg.Log.View(func(v fsm.View) {
		index = v.Index()
		run, pkg, err = runnable(v, ref)
	})
	return run, pkg, index, err
}

// runnable finds a run whose version is loaded.
func runnable(v fsm.View, ref fsm.RunRef) (run rows.Run, pkg *catalog.Package, err error) {
	if run, err = find(v, ref); err != nil {
		return run, nil, err
	}
	pkg, ok := v.Catalog().Package(run.Version)
	if !ok {
		return run, nil, &catalog.VersionUnavailable{Type: run.Type, Version: run.Version}
	}
	return run, pkg, nil
}

// ask answers one query on an execution that stands at run's newest turn.
func (e *Engine) ask(ctx context.Context, run rows.Run, pkg *catalog.Package, name string, args history.Payload) (history.Payload, error) {
	program, err := e.programs.load(ctx, pkg)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, &Unavailable{Why: fmt.Sprintf("the code of version %s is not available on this node: %v", run.Version.Short(), err)}
	}
	if err := e.queries.cpus.take(ctx, run.Type); err != nil {
		return nil, err
	}
	defer e.queries.cpus.give()
	m, err := e.standing(ctx, program, pkg, run)
	if err != nil {
		if m != nil { // after an error it is good for Close only
			m.Close()
		}
		return nil, err
	}
	result, err := m.Query(ctx, name, args)
	var unknown *replay.UnknownQuery
	var failed *replay.QueryFailed
	if err == nil || errors.As(err, &unknown) || errors.As(err, &failed) {
		e.queries.kept.Put(run.RunID, m)
	} else {
		m.Close()
	}
	return result, err
}

// standing returns an execution for queries that stands at run's newest turn. When the query's time
// is over while one is rebuilt, what was done is kept between two turns, and the next query goes on
// from there: each turn has its own time, so a long life takes several queries and not for ever.
func (e *Engine) standing(ctx context.Context, program runtime.Program, pkg *catalog.Package, run rows.Run) (*replay.Machine, error) {
	turn, stop := timed(context.WithoutCancel(ctx), e.limits.TurnTimeout)
	defer stop()
	m, ok := e.queries.kept.Take(run.RunID)
	if ok && stands(m, run) {
		return m, nil
	}
	if ok && (m.Turns() > run.Turns || m.Reopenings() != len(run.Reopened)) {
		m.Close()
		ok = false
	}
	var err error
	if ok {
		m.SetPace(&pace{places: e.queries.cpus, key: run.Type, until: ctx})
		err = e.catchUp(turn, m, run)
	} else {
		m, err = e.rebuild(turn, program, pkg, run, nil, &pace{places: e.queries.cpus, key: run.Type, until: ctx})
	}
	if errors.Is(err, errBetweenTurns) || err == nil && ctx.Err() != nil {
		late := &QueryTimeout{WorkflowID: run.WorkflowID, RunID: run.RunID, Limit: e.limits.QueryTimeout, Rebuilt: m.Turns(), Turns: run.Turns}
		e.queries.kept.Put(run.RunID, m)
		return nil, late
	}
	return m, causeOf(turn, err)
}
