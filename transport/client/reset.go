package client

import (
	"context"
	"net/http"

	"aion.dev/aion/transport/wire"
)

// Reset starts a run anew with its history up to a point. An open run is terminated in the same
// step, and the new one takes its place.
func (c *Client) Reset(ctx context.Context, ref wire.RunRef, r wire.ResetRequest, opts ...Option) (*wire.ResetAnswer, error) {
	return c.goBack(ctx, ref, "reset", r, opts)
}

// Fork starts a copy of a run, under another workflow id, with its history up to a point: without
// one, with all of its turns.
func (c *Client) Fork(ctx context.Context, ref wire.RunRef, r wire.ForkRequest, opts ...Option) (*wire.ResetAnswer, error) {
	return c.goBack(ctx, ref, "fork", r, opts)
}

func (c *Client) goBack(ctx context.Context, ref wire.RunRef, verb string, body any, opts []Option) (*wire.ResetAnswer, error) {
	call := ofRun(change(http.MethodPost, body, "v1", "workflows", ref.WorkflowID, verb), ref)
	var a wire.ResetAnswer
	return answer(&a, c.do(ctx, call.with(opts), &a))
}
