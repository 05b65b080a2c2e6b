package client

import (
	"context"
	"net/http"

	"aion.dev/aion/transport/wire"
)

// Stop stops a workflow type or a version: nothing of it starts or makes a turn any more, and its
// open runs are paused.
func (c *Client) Stop(ctx context.Context, r wire.StopRequest, opts ...Option) (*wire.StopAnswer, error) {
	var a wire.StopAnswer
	return answer(&a, c.do(ctx, change(http.MethodPost, r, "v1", "stops").with(opts), &a))
}

// Unstop lets a workflow type or a version run again. Resume: the runs that the stop has paused go
// on.
func (c *Client) Unstop(ctx context.Context, typ, version string, resume bool, opts ...Option) (*wire.StopAnswer, error) {
	call := change(http.MethodDelete, nil, "v1", "stops").with(opts)
	call.set("type", typ)
	call.set("version", version)
	if resume {
		call.set("resume", "true")
	}
	var a wire.StopAnswer
	return answer(&a, c.do(ctx, call, &a))
}

// Stops lists what is stopped.
func (c *Client) Stops(ctx context.Context, opts ...Option) (*wire.Stops, error) {
	var a wire.Stops
	return answer(&a, c.do(ctx, get("v1", "stops").with(opts), &a))
}
