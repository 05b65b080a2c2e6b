package main

import (
	"context"
	"encoding/json"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// manySteps are the steps about many runs, points of histories, and events of the cluster.
var manySteps = map[string]func(*driver, context.Context, with) (any, error){
	"reset": func(d *driver, ctx context.Context, w with) (any, error) {
		return result(d.client.Reset(ctx, w.ref(), wire.ResetRequest{ResetPoint: wire.ResetPoint{To: w.To}, Reason: w.Reason}, w.options()...))
	},
	"fork": func(d *driver, ctx context.Context, w with) (any, error) {
		return result(d.client.Fork(ctx, w.ref(), wire.ForkRequest{ResetRequest: wire.ResetRequest{ResetPoint: wire.ResetPoint{To: w.To}}, As: w.As}, w.options()...))
	},
	"stop_type": func(d *driver, ctx context.Context, w with) (any, error) {
		return result(d.client.Stop(ctx, wire.StopRequest{Type: w.Type, Reason: w.Reason}, w.options()...))
	},
	"unstop_type": func(d *driver, ctx context.Context, w with) (any, error) {
		return result(d.client.Unstop(ctx, w.Type, "", w.Resume, w.options()...))
	},
	"stops": func(d *driver, ctx context.Context, _ with) (any, error) { return result(d.client.Stops(ctx)) },
	"start_batch": func(d *driver, ctx context.Context, w with) (any, error) {
		return result(d.client.StartBatch(ctx, wire.BatchRequest{Operation: w.Operation, Where: w.Where, Reason: w.Reason}, w.options()...))
	},
	"batch":  awaitBatch,
	"events": awaitEvents,
}

// awaitBatch waits until a batch has ended.
func awaitBatch(d *driver, ctx context.Context, w with) (any, error) {
	for {
		b, err := d.client.Batch(ctx, w.Batch, wire.Page{})
		if err != nil || b.Status != "running" {
			return result(b, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// awaitEvents reads the stream until so many different events have come.
func awaitEvents(d *driver, ctx context.Context, w with) (any, error) {
	type event struct {
		Name string          `json:"name"`
		Data json.RawMessage `json:"data"`
	}
	seen, events, last := map[string]bool{}, []event{}, uint64(0)
	for e, err := range d.client.Events(ctx, client.EventFilter{After: w.After, Names: w.Names}) {
		if err != nil {
			return nil, err
		}
		last = max(last, e.ID)
		if key := e.Name + string(e.Data); !seen[key] {
			seen[key] = true
			events = append(events, event{e.Name, e.Data})
		}
		if len(events) >= w.Count {
			break
		}
	}
	return map[string]any{"events": events, "last": last}, nil
}
