package workers

import (
	"context"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/transport/wire"
)

// Resolve repeats what is unknown, waits for every run, lets the workers learn what was given up,
// and reads the ledger.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	if err := w.fleet.Heal(); err != nil {
		return err
	}
	waits := runs.NewPatience()
	if err := w.requests.Resolve(ctx, e); err != nil {
		return err
	}
	if err := load.Each(w.runs, 16, func(_ int, id string) error {
		_, err := runs.Conclude(ctx, e, "workers", wire.RunRef{WorkflowID: id}, waits)
		return err
	}); err != nil {
		return err
	}
	// several heartbeats of lingering attempts: an accepted one is a violation, and none proves
	// nothing
	load.Pause(ctx, time.Second)
	return w.fleet.Finish()
}
