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

// QueryTimeout means that the run recorded no first turn, or that its handler gave no answer, in
// time.
type QueryTimeout struct {
	WorkflowID string
	RunID      history.RunID
	Limit      time.Duration
	Waiting    bool // the run has not recorded its first turn

	Rebuilt, Turns uint64 // how many of the run's turns were replayed for queries; the next query continues from there
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

// Code implements fsm.Refusal.
func (e *QueryTimeout) Code() string { return "query_timeout" }

// Facts implements fsm.Refusal.
func (e *QueryTimeout) Facts() map[string]any {
	return map[string]any{"workflow_id": e.WorkflowID, "run_id": e.RunID.String(), "limit": e.Limit.String()}
}

// queries caches executions that answer queries. Each one is rebuilt by replay, brought up to the
// newest turn before each answer, and never used to make turns, because a closure may have changed
// what it holds. Handlers change nothing, so each run has one such execution, and its queries use
// it one after the other.
type queries struct {
	kept *parked
	cpus *shares // one place for each query that computes

	mu    sync.Mutex
	gates map[history.RunID]*turnstile // by run, while it is being queried
}

// turnstile serializes the queries of one run.
type turnstile struct {
	place chan struct{} // holds a value while the execution is in use
	in    int           // queries that wait or are being answered; guarded by queries.mu
}

// acquire waits until no other query of the run is being answered. err is the cause of ctx's end.
func (q *queries) acquire(ctx context.Context, id history.RunID) (leave func(), err error) {
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

// Query calls a handler of a run's code as of the newest turn recorded when the query was made, and
// returns that index. A query before the first turn waits for it. Closed runs answer as long as
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
	var result history.Payload
	_, index, err := e.consult(ctx, rd, ref, func(ctx context.Context, m *replay.Machine) (err error) {
		result, err = m.Query(ctx, name, args)
		return err
	})
	if err != nil {
		return nil, index, err
	}
	e.metrics.queries.Inc()
	return result, index, nil
}

// consult calls f with an execution at the newest turn that a run had recorded when it was asked,
// and returns the run as it was then. Before the first turn it waits for that.
func (e *Engine) consult(ctx context.Context, rd Read, ref fsm.RunRef, f func(context.Context, *replay.Machine) error) (run rows.Run, index uint64, err error) {
	limit := e.limits.QueryTimeout
	late := &QueryTimeout{WorkflowID: ref.WorkflowID, Limit: limit}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, late)
	defer cancel()
	run, pkg, index, err := e.findQueried(ctx, rd, ref)
	if err != nil {
		return run, index, causeOf(ctx, err)
	}
	if late.RunID = run.RunID; run.Through == 0 && run.Status.Open() {
		late.Waiting = true
		return run, index, late
	}
	leave, err := e.queries.acquire(ctx, run.RunID)
	if err != nil {
		return run, index, err
	}
	defer leave()
	if run, pkg, index, err = e.rereadQueried(fsm.RunRef{WorkflowID: ref.WorkflowID, RunID: run.RunID}); err != nil {
		return run, index, err
	}
	return run, index, causeOf(ctx, e.consultMachine(ctx, run, pkg, f))
}

// findQueried finds the run, and waits for its first turn.
func (e *Engine) findQueried(ctx context.Context, rd Read, ref fsm.RunRef) (run rows.Run, pkg *catalog.Package, index uint64, err error) {
	look := func(v fsm.View) (wait bool) {
		index = v.Index()
		if _, err = rd.find(v, ref); err != nil {
			return false
		}
		if run, pkg, err = runnable(v, ref); err == nil {
			ref.RunID = run.RunID
		}
		return err == nil && run.Through == 0 && run.Status.Open() // a reopened run may have turns that do not count
	}
	early := false
	if readErr := e.read(ctx, rd, func(v fsm.View) { early = look(v) }); readErr != nil {
		return run, nil, 0, readErr
	}
	if early && run.BeginsAt != 0 {
		return run, nil, index, &NotBegun{WorkflowID: run.WorkflowID, RunID: run.RunID, At: run.BeginsAt}
	}
	if early {
		e.hub.awaitGrowth(ctx, e.limits.QueryTimeout, run.RunID, func(r rows.Run) bool { return r.Through > 0 || !r.Status.Open() }, look)
	}
	return run, pkg, index, err
}

// rereadQueried reads the run again from this node's state: another query, answered first, may have
// advanced the execution beyond the turn at which this query found the run.
func (e *Engine) rereadQueried(ref fsm.RunRef) (run rows.Run, pkg *catalog.Package, index uint64, err error) {
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

// consultMachine calls f with an execution at run's newest turn.
func (e *Engine) consultMachine(ctx context.Context, run rows.Run, pkg *catalog.Package, f func(context.Context, *replay.Machine) error) error {
	program, err := e.programs.load(ctx, pkg)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return &Unavailable{Why: fmt.Sprintf("the code of version %s is not available on this node: %v", pkg.Content().Short(), err)}
	}
	if err := e.queries.cpus.acquire(ctx, run.Type); err != nil {
		return err
	}
	defer e.queries.cpus.release()
	m, err := e.machineFor(ctx, program, pkg, run)
	if err != nil {
		if m != nil { // after an error only Close is allowed
			m.Close()
		}
		return err
	}
	if err = f(ctx, m); m.Usable() {
		e.queries.kept.Put(run.RunID, m)
	} else {
		m.Close()
	}
	return err
}

// machineFor returns an execution for queries at run's newest turn. If the query times out while
// the execution is being rebuilt, the turns replayed so far are kept, and the next query continues
// from there. Each turn has a time limit of its own, so a long history takes several queries, but
// not forever.
func (e *Engine) machineFor(ctx context.Context, program runtime.Program, pkg *catalog.Package, run rows.Run) (*replay.Machine, error) {
	turn, stop := timed(context.WithoutCancel(ctx), e.limits.TurnTimeout)
	defer stop()
	m, ok := e.queries.kept.Take(run.RunID)
	if ok && isAtTurn(m, run) {
		return m, nil
	}
	if ok && (m.Turns() > run.Turns || !isOf(m, run)) {
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
