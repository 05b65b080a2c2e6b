package schedules

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Resolve repeats what is unknown, reads every schedule, deletes it, waits until its runs are
// closed, and lists them all, with the routes of their type.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	waits := runs.NewPatience()
	if err := w.requests.Resolve(ctx, e); err != nil {
		return err
	}
	all := append(append([]timetable(nil), w.quiet...), w.handled...)
	for _, f := range []string{"schedule", "delete"} {
		if err := load.Each(all, 8, func(i int, s timetable) error {
			_, err := e.Insist(ctx, w.op(e, e.Record.Process(), s, f, "last", e.Cluster.Names()[i%len(e.Cluster.Names())]), change)
			return err
		}); err != nil {
			return err
		}
	}
	for before := 0; ; {
		over := waits.Left() == 0
		o, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: "schedules", F: "runs", Key: "tick", Node: e.Cluster.Names()[0]}, listRuns)
		if err != nil {
			return err
		}
		var runs []wire.Run
		if o.Outcome != op.OK || json.Unmarshal(o.Answer, &runs) != nil {
			return fmt.Errorf("the runs cannot be listed: %s", o.Error)
		}
		open := 0
		for _, r := range runs {
			if wire.Open(r.Status) {
				open++
			}
		}
		if open < before {
			waits.Moved()
		}
		before = open
		if open == 0 || over {
			break
		}
		load.Pause(ctx, 500*time.Millisecond)
	}
	_, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: "schedules", F: "deploys", Key: "tick", Node: e.Cluster.Names()[0]}, func(ctx context.Context, c *client.Client, o *op.Op) error {
		a, err := c.Deploys(ctx, "tick", wire.Page{Limit: 1000})
		if err == nil {
			o.Index = a.Index
			o.Answer, _ = json.Marshal(a)
		}
		return err
	})
	return err
}

// listRuns reads all pages of the runs of the type o.Key.
func listRuns(ctx context.Context, c *client.Client, o *op.Op) error {
	runs := []wire.Run{}
	for cursor := ""; ; {
		page, err := c.List(ctx, wire.RunFilter{Type: o.Key}, wire.Page{Limit: 1000, Cursor: cursor})
		if err != nil {
			return err
		}
		o.Index = page.Index
		runs = append(runs, page.Workflows...)
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	var err error
	o.Answer, err = json.Marshal(runs)
	return err
}
