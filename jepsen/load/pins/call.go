package pins

import (
	"context"
	"encoding/json"
	"fmt"

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
	var t load.Type
	for _, t = range w.types {
		if t.Name == ask.Type {
			break
		}
	}
	digits := ""
	if ask.Version >= 0 && t.Name == ask.Type {
		digits = t.Versions[ask.Version]
	}
	key := client.RequestID(o.Request)
	switch o.F {
	case "start":
		input, _ := json.Marshal(ask.Input)
		a, err := c.Start(ctx, wire.StartRequest{Type: ask.Type, WorkflowID: o.Key, Input: input, Version: digits}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "load":
		a, err := c.Load(ctx, t.Archives[ask.Version], wire.LoadOptions{NoRoute: ask.NoRoute}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "route":
		a, err := c.Route(ctx, t.Name, wire.RouteRequest{Version: digits}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "rollback":
		a, err := c.Rollback(ctx, t.Name, wire.RouteChange{}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "unload":
		a, err := c.Unload(ctx, t.Name, digits, "", key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "signal":
		a, err := c.Signal(ctx, wire.RunRef{WorkflowID: o.Key}, "go", nil, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "pause":
		a, err := c.Pause(ctx, wire.RunRef{WorkflowID: o.Key}, "", key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "resume":
		a, err := c.Resume(ctx, wire.RunRef{WorkflowID: o.Key}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "pins":
		a, err := c.Pins(ctx, t.Name, digits, wire.Page{Limit: 20})
		return load.Told(o, a, err, func() wire.Answered { return wire.Answered{Indexed: a.Indexed} })
	}
	return fmt.Errorf("load: pins has no operation %q", o.F)
}
