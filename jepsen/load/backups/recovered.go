package backups

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// recovered is what a survivor has of the starts that were acknowledged before both voters were
// killed.
type recovered struct {
	Acked int      `json:"acked"`
	Lost  []string `json:"lost"`
}

// recoverSurvivor loses the quorum of a second cluster under load, and recovers it as the manual
// says.
func (w *Workload) recoverSurvivor(ctx context.Context, e *load.Env) {
	e.Record.Do(op.Op{Process: e.Record.Process(), Workload: "backups", F: "recovered", Key: "a pair"}, func(o *op.Op) error {
		r := recovered{Lost: []string{}}
		acked := map[string]string{} // workflow id -> run id
		err := e.Cluster.Recovered(ctx, func(ctx context.Context, c *client.Client) error {
			if err := deployTo(ctx, c); err != nil {
				return fmt.Errorf("deploy: %w", err)
			}
			var mu sync.Mutex
			var callers sync.WaitGroup
			for i := range 4 {
				callers.Go(func() {
					for n := 0; ctx.Err() == nil; n++ {
						id := fmt.Sprintf("pair-%d-%d", i, n)
						a, err := c.Start(ctx, wire.StartRequest{Type: "backups", WorkflowID: id, Input: json.RawMessage("1000")}, client.RequestID("p-"+id))
						if err != nil {
							return // it was killed, or is about to be
						}
						mu.Lock()
						acked[id] = a.RunID
						mu.Unlock()
					}
				})
			}
			callers.Wait()
			return nil
		}, func(c *client.Client) error {
			for page := (wire.Page{Limit: wire.MaxPage}); ; {
				list, err := c.List(ctx, wire.RunFilter{Type: "backups"}, page)
				if err != nil {
					return err
				}
				for _, run := range list.Workflows {
					if acked[run.WorkflowID] == run.RunID {
						delete(acked, run.WorkflowID)
						r.Acked++
					}
				}
				if page.Cursor = list.NextCursor; page.Cursor == "" {
					break
				}
			}
			for id := range acked {
				r.Acked++
				r.Lost = append(r.Lost, id)
			}
			return nil
		})
		if err != nil {
			return wire.New("invalid_state", err.Error())
		}
		o.Answer = encoded(r)
		return nil
	})
}

// deployTo loads the workload's code into another cluster than the one under test.
func deployTo(ctx context.Context, c *client.Client) error {
	archive, _, err := load.Package{Type: "backups", Source: source}.Pack()
	if err == nil {
		_, err = c.Load(ctx, archive, wire.LoadOptions{})
	}
	return err
}
