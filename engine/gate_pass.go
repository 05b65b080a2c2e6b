package engine

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"

	"aion.dev/aion/engine/backtest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

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
		}
		todo = g.unproven(v)
	})
	if !known {
		return 0, &Unavailable{Why: "fingerprints of the runs that were open before the upgrade are still being taken"}
	}
	return len(todo), g.prove(ctx, todo, share)
}

func progressOf(run *rows.Run) progress { return progress{run.Turns, uint64(len(run.Reopened))} }

// unproven lists the open runs that are not as they were proven: of those that have changed since
// the pass before, or of all when there was none, or it was too long ago.
func (g *gate) unproven(v fsm.View) (todo []history.RunID) {
	types := g.load.Package.Types()
	look := func(run *rows.Run) {
		if run.Turns > 0 && run.Status.Open() && g.proven[run.RunID] != progressOf(run) {
			todo = append(todo, run.RunID)
		}
	}
	touched, known := v.RunsTouched(g.seen)
	if known && g.seen > 0 {
		slices.SortFunc(touched, func(a, b history.RunID) int { return bytes.Compare(a[:], b[:]) })
		for _, id := range slices.Compact(touched) {
			if run, ok := v.Run(id); ok && slices.Contains(types, run.Type) {
				look(&run)
			}
		}
	} else {
		for _, typ := range types {
			eachOpen(v, typ, look)
		}
	}
	g.seen = v.Index()
	return todo
}

// eachOpen calls f for each open run of a type.
func eachOpen(v fsm.View, typ string, f func(*rows.Run)) {
	for _, status := range []history.Status{history.StatusRunning, history.StatusPaused} {
		for cursor := ""; ; {
			var page []rows.Run
			page, cursor = v.ListRuns(fsm.RunFilter{Type: typ, Status: status}, MaxPage, cursor)
			for i := range page {
				f(&page[i])
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
