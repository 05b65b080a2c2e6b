package engine

import (
	"context"
	"errors"
	"runtime"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/backtest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
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
	seen      uint64 // index of the newest pass; 0 = there was none
}

// progress is how far a run has come: what it may ask for again changes with it alone.
type progress struct{ turns, reopened uint64 }

// newGate makes the gate of a load whose archive is stored.
func (e *Engine) newGate(ctx context.Context, load *fsm.LoadPackage, archive *catalog.Archive, change int) (*gate, error) {
	c, err := e.archiveCandidate(ctx, archive)
	if err != nil {
		return nil, err
	}
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
