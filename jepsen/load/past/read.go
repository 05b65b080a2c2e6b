package past

import (
	"context"
	"encoding/json"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// patienceOfRun is how long all runs together may take to close after the cluster has healed and
// everything that they wait for has been done.
const patienceOfRun = 60 * time.Second

// ReadTrees reads the tree of each run; a zero name stands for a start that did not happen. All
// starts must have known outcomes before: that takes time when there are thousands, and patience
// begins here.
func ReadTrees(ctx context.Context, e *load.Env, workload string, runs []wire.RunRef) error {
	patience, cancel := context.WithTimeout(ctx, patienceOfRun)
	defer cancel()
	return load.Each(runs, 16, func(_ int, ref wire.RunRef) error {
		if ref.RunID == "" {
			return nil
		}
		return readTree(ctx, patience, e, workload, ref)
	})
}

// readTree waits until a run has closed or patience ends, and records its history and those of its
// continuations and children. A run that does not close is recorded as it is: the checker reports
// it.
func readTree(ctx, patience context.Context, e *load.Env, workload string, ref wire.RunRef) error {
	todo := []wire.RunRef{ref}
	for ; len(todo) > 0; todo = todo[1:] {
		events, err := readHistory(ctx, patience, e, workload, todo[0])
		if err != nil {
			return err
		}
		for _, event := range events {
			var d struct {
				WorkflowID string `json:"workflow_id"`
				RunID      string `json:"run_id"`
				NewRunID   string `json:"new_run_id"`
			}
			switch json.Unmarshal(event.Data, &d); {
			case event.Type == "WorkflowContinuedAsNew":
				todo = append(todo, wire.RunRef{WorkflowID: todo[0].WorkflowID, RunID: d.NewRunID})
			case event.Type == "ChildWorkflowStarted" && d.RunID != "":
				todo = append(todo, wire.RunRef{WorkflowID: d.WorkflowID, RunID: d.RunID})
			}
		}
	}
	return nil
}

// readHistory waits until a run has closed or patience ends, and records its whole history as one
// operation.
func readHistory(ctx, patience context.Context, e *load.Env, workload string, ref wire.RunRef) ([]wire.Event, error) {
	value, _ := json.Marshal(map[string]string{"run_id": ref.RunID})
	var events []wire.Event
	o, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: workload, F: "history", Key: ref.WorkflowID, Value: value, Node: e.NodeFor(ref.RunID)},
		func(ctx context.Context, c *client.Client, o *op.Op) error {
			if patience.Err() == nil {
				a, err := c.Result(ctx, ref, 5*time.Second)
				if err != nil {
					return err
				}
				if wire.Open(a.Status) && patience.Err() == nil {
					return wire.New("unavailable", "the run is still "+a.Status) // ask again
				}
			}
			events = nil
			for from := uint64(1); ; {
				a, err := c.History(ctx, ref, from, wire.MaxPage, 0)
				if err != nil {
					return err
				}
				events = append(events, a.Events...)
				o.Index = a.Index
				if from = a.Next; from == 0 || len(a.Events) == 0 {
					break
				}
			}
			var err error
			o.Answer, err = json.Marshal(wire.History{Events: events})
			return err
		})
	if err == nil && o.Outcome != op.OK {
		return nil, nil // the checker reports it as missing
	}
	return events, err
}
