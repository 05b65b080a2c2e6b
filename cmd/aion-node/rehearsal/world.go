package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/starlark/startest"
	"aion.dev/aion/engine/solo"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/lifecycle"
)

// beginning is the time at which every test begins: a Thursday.
var beginning = history.At(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))

// world is a node of its own for one test: engine, state and log in memory, with the project
// deployed. It implements startest.World.
type world struct {
	*engine.Engine
	ctx     context.Context // of the test
	plan    *plan
	test    *startest.Running
	state   *fsm.State
	log     *solo.Skipping
	config  engine.Config
	stop    context.CancelFunc // ends Engine
	running *lifecycle.Group   // of Engine
	term    uint64
	started int                 // number of runs that the test started without an id
	updates int                 // number of updates that it sent
	queues  []string            // queues that have held tasks
	held    []engine.WorkerTask // tasks whose stubs are computing their outcome

	// disturb is called when the world is idle, and when a task is under way; it reports whether it
	// did something. Nil = nothing disturbs the world: only tests of this package do.
	disturb func() (did bool, err error)
}

var _ startest.World = (*world)(nil)

// newWorld deploys the project in a new world. If it fails, nothing is left of the world; otherwise
// the caller closes it.
func newWorld(ctx context.Context, p *plan, test *startest.Running, says *transcript, compiler runtime.Compiler) (_ *world, err error) {
	w := &world{ctx: ctx, plan: p, test: test, stop: func() {}}
	if w.state, err = solo.NewState(nil); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	w.log = solo.NewSkipping(w.state, beginning)
	// One turn at a time, in the order in which runs became ready, so that a test always goes the
	// same way.
	limits := engine.Limits{Turns: 1, InFlight: 1, Lease: engine.MaxLease}
	w.config = engine.Config{Node: "test", Log: &deterministicLog{Skipping: w.log, world: w}, Blobs: solo.NewBlobs(), Compiler: compiler, Limits: limits, Says: says.addWorkflow}
	node := rows.Node{ID: "test", RaftAddress: "test:7601", HTTPAddress: "test:7600", Version: "test"}
	if _, err = w.log.Propose(ctx, fsm.Envelope{Command: &fsm.AnnounceNode{Node: node, ClusterID: "test"}}); err != nil {
		return nil, err
	}
	if err = w.lead(); err != nil {
		return nil, err
	}
	_, _, err = w.LoadPackage(ctx, engine.LoadRequest{Archive: p.built.Archive, Route: true})
	return w, err
}

// lead starts an engine on the state, which leads.
func (w *world) lead() (err error) {
	if w.Engine, err = engine.New(w.config); err != nil {
		return err
	}
	w.term++
	own, stop := context.WithCancel(context.WithoutCancel(w.ctx))
	e, term := w.Engine, w.term
	w.stop = stop
	w.running, _ = lifecycle.New(own)
	w.running.Go("engine", e.Run)
	w.running.Go("lead", func(ctx context.Context) error { e.Lead(ctx, term); return nil })
	return nil
}

// halt ends the engine, which loses everything that it knew apart from the state.
func (w *world) halt() error {
	w.stop()
	if w.running == nil {
		return nil
	}
	if err := w.running.Wait(); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// close ends everything that the world runs.
func (w *world) close() error { return errors.Join(w.halt(), w.state.Close()) }

// elapsed returns how far the world's time advanced and how many runs there were.
func (w *world) elapsed() (Duration, int) {
	runs := 0
	w.log.View(func(v fsm.View) {
		for _, c := range v.CountRuns(fsm.RunFilter{}) {
			runs += int(c.Count)
		}
	})
	return Duration(w.log.Now().Sub(beginning)), runs
}

// Start implements startest.World.
func (w *world) Start(s startest.Start) (startest.Run, error) {
	if s.WorkflowID == "" {
		w.started++
		if id := fmt.Sprintf("%s-%d", s.Type, w.started); history.CheckWorkflowID(id) == nil {
			s.WorkflowID = id // deterministic, unlike a generated one
		}
	}
	answer, _, err := w.Engine.Start(w.ctx, engine.StartRequest{Type: s.Type, WorkflowID: s.WorkflowID, Input: s.Input, Attributes: s.Attributes})
	if err != nil {
		return nil, err
	}
	return &run{w: w, ref: fsm.RunRef{WorkflowID: answer.WorkflowID, RunID: answer.RunID}}, w.runUntilIdle()
}

// Find implements startest.World.
func (w *world) Find(workflowID string) (startest.Run, error) {
	d, err := w.Describe(w.ctx, engine.Read{}, fsm.RunRef{WorkflowID: workflowID}, 0)
	if err != nil {
		return nil, err
	}
	return &run{w: w, ref: fsm.RunRef{WorkflowID: workflowID, RunID: d.Run.RunID}}, nil
}

// Skip implements startest.World.
func (w *world) Skip(d history.Duration) error {
	until := w.log.Now().Add(d.Std())
	if d.Std() > horizon || until > beginning.Add(horizon) {
		return errTooLong
	}
	for {
		if err := w.runUntilIdle(); err != nil || w.log.Now() >= until {
			return err
		}
		next, any := w.nextDue()
		if !any || next > until {
			next = until
		}
		if err := w.advance(next); err != nil {
			return err
		}
	}
}

// Now implements startest.World.
func (w *world) Now() history.Time { return w.log.Now() }
