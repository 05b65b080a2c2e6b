package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/backtest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// GateOpen is the gate that lets a version be routed only if every open run of its types replays on
// it.
const GateOpen = "open"

const (
	gateHold     = time.Second            // how long turns of the types wait at most
	gateQuick    = 100 * time.Millisecond // a pass that takes less leaves no more to do than holding turns is worth
	gatePasses   = 8                      // made at most while turns go on
	gateFindings = 10                     // runs that are named when some do not replay
)

// gate proves that open runs replay on what a load brings. It remembers what it has proven, so that
// a pass costs what has changed since the one before.
type gate struct {
	e         *Engine
	load      *fsm.LoadPackage
	change    int // of the deployment; -1 = it is no part of one
	candidate *backtest.Candidate
	proven    map[history.RunID]progress
}

// progress is how far a run has come: what it may ask for again changes with it alone.
type progress struct{ turns, reopened uint64 }

// newGate makes the gate of a load whose archive is stored.
func (e *Engine) newGate(ctx context.Context, load *fsm.LoadPackage, archive *catalog.Archive, change int) (*gate, error) {
	program, err := e.programs.compiler.Compile(ctx, archive)
	if err != nil {
		return nil, err
	}
	c := &backtest.Candidate{Program: program, Members: archive.Members(), Limits: e.limits.Runtime}
	return &gate{e: e, load: load, change: change, candidate: c, proven: map[history.RunID]progress{}}, nil
}

// checkGate refuses a gate that this build does not know, or that a load without a route names.
func checkGate(name string, routes bool) error {
	switch {
	case name == "":
		return nil
	case name != GateOpen:
		return invalid("gate", "is %s; there is %q", catalog.QuoteStart(name, 40), GateOpen)
	case !routes:
		return invalid("gate", "stands before a route, and this load leaves the routes as they are")
	}
	return nil
}

// throughGates calls try once every open run of all gates is proven, with the fingerprints of these
// runs in the loads. If others are open by the time of the entry, try returns *fsm.Fenced, and what
// is new is proven, too. While the last are, turns of the types wait.
func (e *Engine) throughGates(ctx context.Context, gates []*gate, try func() error) error {
	select {
	case e.gating <- struct{}{}: // one at a time, so that the turns of a type wait for one only
		defer func() { <-e.gating }()
	case <-ctx.Done():
		return ctx.Err()
	}
	var types []string
	for _, g := range gates {
		types = append(types, g.load.Package.Types()...)
	}
	for pass := 1; ; pass++ {
		began := time.Now()
		left, err := e.passGates(ctx, gates, e.backtests.share)
		if err != nil {
			return err
		}
		if left == 0 {
			if err := try(); !isFenced(err) {
				return err
			}
		}
		if pass == gatePasses || pass > 1 && time.Since(began) < gateQuick {
			break
		}
	}
	defer e.holds.take(types)()
	held, stop := context.WithTimeoutCause(ctx, gateHold, &GateContended{Types: types})
	defer stop()
	share := backtest.NewShare(1, runtime.GOMAXPROCS(0))
	for {
		left, err := e.passGates(held, gates, share)
		if cause := context.Cause(held); cause != nil {
			return cause
		}
		if err != nil {
			return err
		}
		if left == 0 {
			if err := try(); !isFenced(err) {
				return err
			}
		}
	}
}

func isFenced(err error) bool {
	_, fenced := errors.AsType[*fsm.Fenced](err)
	return fenced
}

// passGates makes one pass of each gate, and returns how many runs had to be replayed.
func (e *Engine) passGates(ctx context.Context, gates []*gate, share *backtest.Share) (left int, err error) {
	for _, g := range gates {
		n, err := g.pass(ctx, share)
		if failed, ok := errors.AsType[*GateFailed](err); ok && g.change >= 0 {
			return 0, &ChangeError{Change: g.change, Op: OpLoad, Reason: failed}
		}
		if err != nil {
			return 0, err
		}
		left += n
	}
	return left, nil
}

// pass replays the open runs that are not as they were proven. If there are none, the fingerprint
// of those that there are is that of the load.
func (g *gate) pass(ctx context.Context, share *backtest.Share) (left int, err error) {
	if err := g.e.atLevel(2); err != nil {
		return 0, err
	}
	var todo []history.RunID
	known := true
	g.e.cfg.Log.View(func(v fsm.View) {
		g.load.Gate = g.load.Gate[:0]
		for _, typ := range g.load.Package.Types() {
			f, ok := v.Fingerprint(typ)
			known = known && ok
			g.load.Gate = append(g.load.Gate, fsm.Gated{Type: typ, Fingerprint: f})
			g.eachOpen(v, typ, func(run *rows.Run) {
				if g.proven[run.RunID] != progressOf(run) {
					todo = append(todo, run.RunID)
				}
			})
		}
	})
	if !known {
		return 0, &Unavailable{Why: "fingerprints of the runs that were open before the upgrade are still being taken"}
	}
	return len(todo), g.prove(ctx, todo, share)
}

func progressOf(run *rows.Run) progress { return progress{run.Turns, uint64(len(run.Reopened))} }

// eachOpen calls f for each open run of a type that has turns.
func (g *gate) eachOpen(v fsm.View, typ string, f func(*rows.Run)) {
	for _, status := range []history.Status{history.StatusRunning, history.StatusPaused} {
		for cursor := ""; ; {
			var page []rows.Run
			page, cursor = v.ListRuns(fsm.RunFilter{Type: typ, Status: status}, MaxPage, cursor)
			for i := range page {
				if page[i].Turns > 0 {
					f(&page[i])
				}
			}
			if cursor == "" {
				break
			}
		}
	}
}

// prove replays runs as they are now, several at a time.
func (g *gate) prove(ctx context.Context, todo []history.RunID, share *backtest.Share) error {
	ids := make(chan history.RunID)
	var mu sync.Mutex // guards what follows, and g.proven
	var failed []backtest.Result
	var broken error
	var working sync.WaitGroup
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for range min(share.Places(), len(todo)) {
		working.Go(func() {
			prover := backtest.NewProver(share)
			for id := range ids {
				r, done, err := g.proveOne(ctx, prover, id)
				mu.Lock()
				switch {
				case err != nil && broken == nil:
					broken = err
				case err != nil || r.Verdict == "": // it has closed
				case r.Verdict == backtest.Same:
					g.proven[id] = done
				default:
					failed = append(failed, r)
				}
				if broken != nil || len(failed) == gateFindings {
					stop()
				}
				mu.Unlock()
			}
		})
	}
	for _, id := range todo {
		select {
		case ids <- id:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(ids)
	working.Wait()
	if len(failed) > 0 {
		return &GateFailed{Version: g.load.Package.Version, Runs: failed}
	}
	return errors.Join(broken, ctx.Err())
}

// proveOne replays one run; without a verdict there is nothing to prove of it any more.
func (g *gate) proveOne(ctx context.Context, p *backtest.Prover, id history.RunID) (r backtest.Result, done progress, err error) {
	g.e.cfg.Log.View(func(v fsm.View) {
		run, ok := v.Run(id)
		if !ok || !run.Status.Open() {
			return
		}
		past := v.Past()
		defer past.Close()
		done = progressOf(&run)
		r, err = p.Prove(ctx, g.candidate, past, run, g.e.limits.TurnTimeout)
	})
	return r, done, err
}

// GateFailed means that open runs ask for something else on the version that was to be routed.
type GateFailed struct {
	Version catalog.Version
	Runs    []backtest.Result // the first that were found
}

func (e *GateFailed) Error() string {
	var found []string
	for _, r := range e.Runs[:min(len(e.Runs), 3)] {
		found = append(found, fmt.Sprintf("workflow %q (run %s): %s", r.WorkflowID, r.RunID, differenceOf(&r)))
	}
	if n := len(e.Runs) - len(found); n > 0 {
		found = append(found, fmt.Sprintf("and %d more that were found", n))
	}
	return fmt.Sprintf("open runs do not replay on version %s: %s", e.Version.Short(), strings.Join(found, "; "))
}

func differenceOf(r *backtest.Result) string {
	if r.Why != "" {
		return r.Why
	}
	return fmt.Sprintf("at event %d, recorded is %s, the code asks for %s", r.Seq, orNothing(r.Recorded), orNothing(r.Asked))
}

func orNothing(text string) string {
	if text == "" {
		return "nothing more"
	}
	return text
}

// Code implements fsm.Refusal.
func (e *GateFailed) Code() string { return "gate_failed" }

// Facts implements fsm.Refusal.
func (e *GateFailed) Facts() map[string]any {
	list := []map[string]any{}
	for _, r := range e.Runs {
		list = append(list, map[string]any{
			"workflow_id": r.WorkflowID, "run_id": r.RunID.String(), "version": r.Version.String(), "verdict": string(r.Verdict), "seq": r.Seq, "recorded": r.Recorded, "asked": r.Asked, "where": r.Where, "why": r.Why,
		})
	}
	return map[string]any{"version": e.Version.String(), "runs": list}
}

// GateContended means that runs took turns for as long as their turns may be held back. Nothing was
// changed.
type GateContended struct{ Types []string }

func (e *GateContended) Error() string {
	return fmt.Sprintf("the open runs of %q could not all be checked while their turns waited for %s; nothing was changed", e.Types, gateHold)
}

// Code implements fsm.Refusal.
func (e *GateContended) Code() string { return "gate_contended" }

// Facts implements fsm.Refusal.
func (e *GateContended) Facts() map[string]any { return map[string]any{"workflow_types": e.Types} }
