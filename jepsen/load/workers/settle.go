package workers

import (
	"context"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/transport/wire"
)

// Settle repeats what is not known, waits for every run, lets the workers hear of what was given
// up, and reads the ledger.
func (w *Workload) Settle(ctx context.Context, e *load.Env) error {
	if err := w.fleet.Heal(); err != nil {
		return err
	}
	waits := runs.NewPatience()
	if err := w.requests.Settle(ctx, e); err != nil {
		return err
	}
	if err := load.Each(w.runs, 16, func(_ int, id string) error {
		_, err := runs.Conclude(ctx, e, "workers", wire.RunRef{WorkflowID: id}, waits)
		return err
	}); err != nil {
		return err
	}
	load.Pause(ctx, time.Second) // several heartbeats of whatever lingers: one that is still accepted is a violation, and none is no proof
	return w.fleet.Finish()
}
