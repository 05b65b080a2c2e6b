package runs

import (
	"context"
	"encoding/json"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Conclude waits until a run is closed or patience ends, and records its state ("result") and its
// history ("history"), which names its continuation. It does so for a run that stays open, too: a
// checker decides what that means.
func Conclude(ctx context.Context, e *load.Env, workload string, ref wire.RunRef, waits *Patience) (*wire.History, error) {
	return ConcludeAs(ctx, e, workload, ref.WorkflowID, ref, waits)
}

// ConcludeAs is Conclude under another key than the workflow id: that of one of several runs.
func ConcludeAs(ctx context.Context, e *load.Env, workload, key string, ref wire.RunRef, waits *Patience) (*wire.History, error) {
	names := e.Cluster.Names()
	for round := 0; ; round++ {
		left := waits.Left()
		o, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: workload, F: "result", Key: key, Node: names[round%len(names)]}, func(ctx context.Context, c *client.Client, o *op.Op) error {
			wait := min(5*time.Second, left)
			a, err := c.Result(ctx, ref, wait)
			if err == nil {
				o.Index = a.Index
				o.Answer, _ = json.Marshal(a)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		var a wire.Result
		if o.Outcome != op.OK {
			return nil, nil // there is no such run: its start was refused, or a checker reports it
		}
		if err := json.Unmarshal(o.Answer, &a); err != nil {
			return nil, err
		}
		if !wire.Open(a.Status) {
			waits.Moved()
			break
		}
		if left == 0 {
			break
		}
	}
	var h wire.History
	_, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: workload, F: "history", Key: key, Node: names[0]}, func(ctx context.Context, c *client.Client, o *op.Op) error {
		h = wire.History{}
		for from := uint64(1); ; {
			page, err := c.History(ctx, ref, from, 1000, 0)
			if err != nil {
				return err
			}
			h.Events, h.Indexed, h.Next = append(h.Events, page.Events...), page.Indexed, page.Next
			o.Index = page.Index
			if page.Next == 0 || len(page.Events) == 0 {
				break
			}
			from = page.Next
		}
		var err error
		o.Answer, err = json.Marshal(h)
		return err
	})
	return &h, err
}
