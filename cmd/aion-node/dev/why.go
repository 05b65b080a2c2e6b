package dev

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Reason is why a run failed.
type Reason struct {
	Error string   // kind and message
	Stack []string // of the code, outermost call first
	Step  string   // the activity or child whose failure it was; "" = the code itself failed
}

// whyAmong is how many of the newest events are searched for the step.
const whyAmong = 50

// Why returns why a run failed; events is the length of its history.
func Why(ctx context.Context, c *client.Client, ref wire.RunRef, events uint64) (*Reason, error) {
	r, err := c.Result(ctx, ref, 0, client.Stale())
	if err != nil || r.Error == nil {
		return new(Reason), err
	}
	why := &Reason{Error: r.Error.Error()}
	var details struct {
		Stack []string `json:"stack"`
	}
	if json.Unmarshal(r.Error.Details, &details) == nil {
		why.Stack = details.Stack
	}
	h, err := c.History(ctx, ref, events-min(events-1, whyAmong-1), whyAmong, 0, client.Stale())
	if err == nil {
		why.Step = failedStep(h.Events, r.Error)
	}
	return why, nil
}

// failedStep names the newest step that failed with the same error as the run.
func failedStep(events []wire.Event, of *wire.RunError) string {
	for i, e := range slices.Backward(events) {
		var d struct {
			ID         uint64         `json:"id"`
			WorkflowID string         `json:"workflow_id"`
			Error      *wire.RunError `json:"error"`
		}
		if e.Type != "ActivityFailed" && e.Type != "ChildWorkflowFailed" || json.Unmarshal(e.Data, &d) != nil ||
			d.Error == nil || d.Error.Kind != of.Kind || d.Error.Message != of.Message {
			continue
		}
		if e.Type == "ChildWorkflowFailed" {
			return fmt.Sprintf("child %d", d.ID)
		}
		for _, asked := range slices.Backward(events[:i]) {
			var s struct {
				ID       uint64 `json:"id"`
				Activity string `json:"activity"`
			}
			if asked.Type == "ActivityScheduled" && json.Unmarshal(asked.Data, &s) == nil && s.ID == d.ID {
				return fmt.Sprintf("activity %s (%d)", s.Activity, s.ID)
			}
		}
		return fmt.Sprintf("activity %d", d.ID)
	}
	return ""
}
