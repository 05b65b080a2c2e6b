package load

import (
	"context"
	"time"

	"aion.dev/aion/transport/wire"
)

// Settle repeats what is not known, waits for every run, lets the workers hear of what was given up, and reads the ledger.
func (w *workers) Settle(ctx context.Context, e *Env) error {
	if err := w.fleet.heal(); err != nil {
		return err
	}
	waits := newPatience()
	if err := w.requests.settle(ctx, e); err != nil {
		return err
	}
	if err := each(w.runs, 16, func(_ int, id string) error {
		_, err := conclude(ctx, e, "workers", wire.RunRef{WorkflowID: id}, waits)
		return err
	}); err != nil {
		return err
	}
	pause(ctx, time.Second) // several heartbeats of whatever lingers: one that is still accepted is a violation, and none is no proof
	return w.fleet.finish()
}
