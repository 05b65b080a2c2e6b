package idempotency

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/past"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Resolve repeats requests with unknown outcomes until each has one, and many others once more.
// Then it reads everything that they changed.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	left := mostRepeats
	var again []op.Op
	for i := len(w.cases) - 1; i >= 0; i-- {
		if o := w.cases[i]; o.Outcome == op.Unknown || left > 0 && o.Outcome != op.Failed {
			left--
			again = append(again, o)
		}
	}
	if err := e.InsistAgain(ctx, again, w.call); err != nil {
		return err
	}
	for _, typ := range []string{"idle", "brief"} {
		if err := past.ReadRuns(ctx, e, "idempotency", typ); err != nil {
			return err
		}
	}
	if err := past.ReadDeploys(ctx, e, "idempotency"); err != nil {
		return err
	}
	var runs []wire.RunRef
	for _, o := range e.Record.Ops() {
		var page []wire.Run
		if o.Workload != "idempotency" || o.F != "runs" || o.Key != "idle" {
			continue
		}
		if err := json.Unmarshal(o.Answer, &page); err != nil {
			return err
		}
		for _, r := range page {
			runs = append(runs, wire.RunRef{WorkflowID: r.WorkflowID, RunID: r.RunID})
		}
	}
	if err := load.Each(runs, 16, func(_ int, ref wire.RunRef) error { return readOpen(ctx, e, ref) }); err != nil {
		return err
	}
	return w.readState(ctx, e)
}

// readOpen records the history of a run, which may be open.
func readOpen(ctx context.Context, e *load.Env, ref wire.RunRef) error {
	value, _ := json.Marshal(map[string]string{"run_id": ref.RunID})
	_, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: "idempotency", F: "history", Key: ref.WorkflowID, Value: value, Node: e.NodeFor(ref.RunID)},
		func(ctx context.Context, c *client.Client, o *op.Op) error {
			a, err := c.History(ctx, ref, 1, wire.MaxPage, 0)
			return load.Told(o, a, err, func() wire.Answered { return wire.Answered{Indexed: a.Indexed} })
		})
	return err
}

// readState records the final state of schedules, queues and retention.
func (w *Workload) readState(ctx context.Context, e *load.Env) error {
	var all sync.WaitGroup
	errs := make(chan error, 20)
	read := func(f, key string, call func(ctx context.Context, c *client.Client, o *op.Op) error) {
		all.Go(func() {
			_, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: "idempotency", F: f, Key: key, Node: e.NodeFor(key)}, call)
			if err != nil {
				errs <- err
			}
		})
	}
	schedule := func(id string) {
		read("schedule-is", id, func(ctx context.Context, c *client.Client, o *op.Op) error {
			a, err := c.Schedule(ctx, id)
			return load.Told(o, a, err, func() wire.Answered { return a.Answered })
		})
	}
	for i := range 3 {
		schedule(fmt.Sprintf("schedule%d", i))
		queue := fmt.Sprintf("queue%d", i)
		read("queue-is", queue, func(ctx context.Context, c *client.Client, o *op.Op) error {
			a, err := c.Queue(ctx, queue)
			return load.Told(o, a, err, func() wire.Answered { return a.Answered })
		})
	}
	schedule("trigger0")
	schedule("trigger1")
	read("retention-is", "", func(ctx context.Context, c *client.Client, o *op.Op) error {
		a, err := c.Retention(ctx)
		return load.Told(o, a, err, func() wire.Answered { return wire.Answered{Indexed: a.Indexed} })
	})
	all.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}
