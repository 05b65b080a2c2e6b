package idempotency

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// call makes an operation.
func (w *Workload) call(ctx context.Context, c *client.Client, o *op.Op) error {
	var ask arguments
	if err := json.Unmarshal(o.Value, &ask); err != nil {
		return err
	}
	key, name, text := client.RequestID(o.Request), o.Key, o.Request
	if ask.Other {
		ask.N++
		text += "-other"
	}
	switch o.F {
	case "load", "route", "rollback", "unload":
		return w.change(ctx, c, o, ask)
	case "create", "replace", "delete", "trigger":
		return w.schedule(ctx, c, o, ask)
	case "start":
		attribute, _ := json.Marshal(o.Request)
		input, _ := json.Marshal(ask.N)
		start := wire.StartRequest{Type: "idle", WorkflowID: name, Input: input, Attributes: wire.Attributes{"request": attribute}}
		if ask.Batch {
			return w.startAmongOthers(ctx, c, o, start)
		}
		a, err := c.Start(ctx, start, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "limit":
		a, err := c.LimitQueue(ctx, name, wire.QueueLimits{Concurrency: new(uint64(ask.N))}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "retain":
		a, err := c.SetRetention(ctx, name, fmt.Sprintf("%dh", 1000+ask.N), key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "forget":
		if ask.Other {
			name += "-other"
		}
		a, err := c.RemoveRetention(ctx, name, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	}
	ref := wire.RunRef{WorkflowID: name}
	payload, _ := json.Marshal(text)
	var a *wire.RunAnswer
	var err error
	switch o.F {
	case "signal":
		a, err = c.Signal(ctx, ref, "poke", payload, key)
	case "end":
		a, err = c.Signal(ctx, ref, "end", payload, key)
	case "cancel":
		a, err = c.Cancel(ctx, ref, text, key)
	case "terminate":
		a, err = c.Terminate(ctx, ref, text, key)
	case "pause":
		a, err = c.Pause(ctx, ref, text, key)
	case "reopen":
		a, err = c.Reopen(ctx, ref, text, key)
	case "resume": // it has no body: the same id for another run
		if ask.Other {
			ref.WorkflowID += "-other"
		}
		a, err = c.Resume(ctx, ref, key)
	default:
		return fmt.Errorf("load: idempotency has no operation %q", o.F)
	}
	return load.Told(o, a, err, func() wire.Answered { return a.Answered })
}

// startAmongOthers makes a start in one call with others: one that is always refused stands before
// it, and one that has a run of its own after it.
func (w *Workload) startAmongOthers(ctx context.Context, c *client.Client, o *op.Op, start wire.StartRequest) error {
	more := o.Request + "-more"
	replies, err := c.StartMany(ctx, []wire.StartItem{
		{StartRequest: wire.StartRequest{Type: "idle", Timeout: "0s"}, RequestID: o.Request + "-refused"},
		{StartRequest: start, RequestID: o.Request},
		{StartRequest: wire.StartRequest{Type: "brief", WorkflowID: more}, RequestID: more},
	})
	if p, ok := errors.AsType[*wire.Problem](err); ok && p.Code == "not_found" {
		// A node of an older release, beside newer ones, has no such route. That says nothing about
		// the start, which may have been made at another node before.
		err = wire.New("outcome_unknown", p.Detail)
	}
	if err != nil && (len(replies) == 0 || !replies[1].OK && replies[1].Problem == nil) {
		return load.Told(o, nil, err, nil)
	}
	r := &replies[1]
	if r.Problem != nil {
		return load.Told(o, nil, r.Problem, nil)
	}
	a := wire.StartAnswer{WorkflowID: r.WorkflowID, RunID: r.RunID, Version: r.Version, Answered: wire.Answered{Indexed: wire.Indexed{Index: r.Index}, Deduplicated: r.Deduplicated}}
	return load.Told(o, a, nil, func() wire.Answered { return a.Answered })
}

// change makes a deploy operation.
func (w *Workload) change(ctx context.Context, c *client.Client, o *op.Op, ask arguments) error {
	t := w.types[slices.IndexFunc(w.types, func(t load.Type) bool { return t.Name == o.Key })]
	v, message, key := ask.N%len(t.Versions), "", client.RequestID(o.Request)
	if ask.Other {
		message = "other"
	}
	switch o.F {
	case "load":
		a, err := c.Load(ctx, t.Archives[v], wire.LoadOptions{}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "route":
		a, err := c.Route(ctx, t.Name, wire.RouteRequest{Version: t.Versions[v]}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "rollback":
		a, err := c.Rollback(ctx, t.Name, wire.RouteChange{Message: message}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	}
	a, err := c.Unload(ctx, t.Name, t.Versions[v], message, key)
	return load.Told(o, a, err, func() wire.Answered { return a.Answered })
}

// schedule makes an operation on a schedule, which never fires by itself.
func (w *Workload) schedule(ctx context.Context, c *client.Client, o *op.Op, ask arguments) error {
	input, _ := json.Marshal(ask.N)
	spec := wire.ScheduleSpec{Type: "brief", Input: input, Every: "8760h", Paused: true, Overlap: "allow_all"}
	key := client.RequestID(o.Request)
	var a *wire.ScheduleAnswer
	var err error
	switch o.F {
	case "create":
		spec.ScheduleID = o.Key
		a, err = c.CreateSchedule(ctx, spec, key)
	case "replace":
		a, err = c.ReplaceSchedule(ctx, o.Key, spec, key)
	case "delete":
		name := o.Key
		if ask.Other {
			name += "-other"
		}
		a, err = c.DeleteSchedule(ctx, name, key)
	case "trigger":
		overlap := "allow_all"
		if ask.Other {
			overlap = "skip"
		}
		a, err = c.TriggerSchedule(ctx, o.Key, wire.TriggerRequest{Overlap: overlap}, key)
	}
	return load.Told(o, a, err, func() wire.Answered { return a.Answered })
}
