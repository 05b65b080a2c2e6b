package load

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Settle finds out what happened, lets every run go, and reads all their histories, the runs that there are, and the deploy history.
func (w *pins) Settle(ctx context.Context, e *Env) error {
	again := func(_ int, o op.Op) error {
		_, err := e.Insist(ctx, repeated(e, o), w.call)
		return err
	}
	if err := each(w.unknown, 16, again); err != nil {
		return err
	}
	if err := each(w.paused, 16, func(i int, id string) error {
		o := pinsOp("resume", id, pinsAsk{})
		o.Process, o.Node, o.Request = e.Record.Process(), e.Cluster.Names()[0], fmt.Sprintf("pins-settle-%d", i)
		_, err := e.Insist(ctx, o, w.call)
		return err
	}); err != nil {
		return err
	}
	runs := make([]wire.RunRef, len(w.starts)) // zero: it did not start
	if err := each(w.starts, 16, func(i int, o op.Op) error {
		if o.Outcome == op.Unknown {
			done, err := e.Insist(ctx, repeated(e, o), w.call)
			if err != nil || done.Outcome != op.OK {
				return err
			}
			o.Answer = done.Answer
		}
		if waits(o) {
			s := pinsOp("signal", o.Key, pinsAsk{})
			s.Process, s.Node, s.Request, s.Repeat = e.Record.Process(), o.Node, o.Key+"-go", true
			if _, err := e.Insist(ctx, s, w.call); err != nil {
				return err
			}
		}
		var a wire.StartAnswer
		if err := json.Unmarshal(o.Answer, &a); err != nil {
			return fmt.Errorf("start %s: %w", o.Key, err)
		}
		runs[i] = wire.RunRef{WorkflowID: a.WorkflowID, RunID: a.RunID}
		return nil
	}); err != nil {
		return err
	}
	if err := readTrees(ctx, e, "pins", runs); err != nil {
		return err
	}
	for _, t := range w.types {
		if err := readRuns(ctx, e, "pins", t.name); err != nil {
			return err
		}
	}
	return readDeploys(ctx, e, "pins")
}

// repeated is an operation to be sent again, by somebody else.
func repeated(e *Env, o op.Op) op.Op {
	return op.Op{Process: e.Record.Process(), Workload: o.Workload, F: o.F, Key: o.Key, Value: o.Value, Request: o.Request, Node: o.Node, Repeat: true}
}

// patienceOfRun is how long all runs together may take to close after the cluster has been mended and everything has been done that it waits for.
const patienceOfRun = 60 * time.Second

// readTrees reads the tree of each run; a zero name is of a start that did not happen. All starts have to be settled before: that takes its time when there are thousands, and patience begins here.
func readTrees(ctx context.Context, e *Env, workload string, runs []wire.RunRef) error {
	patience, cancel := context.WithTimeout(ctx, patienceOfRun)
	defer cancel()
	return each(runs, 16, func(_ int, ref wire.RunRef) error {
		if ref.RunID == "" {
			return nil
		}
		return readTree(ctx, patience, e, workload, ref)
	})
}

// readTree waits for a run to close, until patience ends, and records its history, and those of the runs that it went on as and of its children. One that does not close is recorded as it is:
// the checker tells.
func readTree(ctx, patience context.Context, e *Env, workload string, ref wire.RunRef) error {
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

// readHistory waits for a run to close, until patience ends, and records its whole history as one operation.
func readHistory(ctx, patience context.Context, e *Env, workload string, ref wire.RunRef) ([]wire.Event, error) {
	value, _ := json.Marshal(map[string]string{"run_id": ref.RunID})
	var events []wire.Event
	o, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: workload, F: "history", Key: ref.WorkflowID, Value: value, Node: anyNode(e, ref.RunID)},
		func(ctx context.Context, c *client.Client, o *op.Op) error {
			if patience.Err() == nil {
				a, err := c.Result(ctx, ref, 5*time.Second)
				if err != nil {
					return err
				}
				if wire.Open(a.Status) && patience.Err() == nil {
					return wire.New("unavailable", "the run is still "+a.Status) // look again
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
		return nil, nil // the checker finds it missing
	}
	return events, err
}

// anyNode spreads reads over the nodes.
func anyNode(e *Env, name string) string {
	names := e.Cluster.Names()
	sum := 0
	for _, b := range []byte(name) {
		sum += int(b)
	}
	return names[sum%len(names)]
}

// readRuns records which runs of a type there are: the names alone, page by page.
func readRuns(ctx context.Context, e *Env, workload, typ string) error {
	for cursor := ""; ; {
		next := ""
		o, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: workload, F: "runs", Key: typ, Node: e.Cluster.Names()[0]}, func(ctx context.Context, c *client.Client, o *op.Op) error {
			a, err := c.List(ctx, wire.RunFilter{Type: typ}, wire.Page{Limit: wire.MaxPage, Cursor: cursor})
			if err != nil {
				return err
			}
			next, o.Index = a.NextCursor, a.Index
			o.Answer, err = json.Marshal(a.Workflows)
			return err
		})
		if err != nil {
			return err
		}
		if o.Outcome != op.OK {
			return fmt.Errorf("the runs of %s cannot be listed: %s", typ, o.Error)
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}

// readDeploys records the whole deploy history, newest first, page by page.
func readDeploys(ctx context.Context, e *Env, workload string) error {
	for cursor := ""; ; {
		next := ""
		o, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: workload, F: "deploys", Node: e.Cluster.Names()[0]}, func(ctx context.Context, c *client.Client, o *op.Op) error {
			a, err := c.Deploys(ctx, "", wire.Page{Limit: wire.MaxPage, Cursor: cursor})
			if err != nil {
				return err
			}
			next, o.Index = a.NextCursor, a.Index
			o.Answer, err = json.Marshal(a)
			return err
		})
		if err != nil {
			return err
		}
		if o.Outcome != op.OK {
			return fmt.Errorf("the deploy history cannot be read: %s", o.Error)
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}
