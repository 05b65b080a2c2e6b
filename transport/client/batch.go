package client

import (
	"context"
	"net/http"

	"aion.dev/aion/transport/wire"
)

// StartBatch begins to do one operation to many runs. The cluster goes on with it, whichever node
// leads, and does it to each run once.
func (c *Client) StartBatch(ctx context.Context, r wire.BatchRequest, opts ...Option) (*wire.BatchStarted, error) {
	if err := checkJSON("payload", r.Payload); err != nil {
		return nil, err
	}
	var a wire.BatchStarted
	return answer(&a, c.do(ctx, change(http.MethodPost, r, "v1", "batches").with(opts), &a))
}

// Batch returns how a batch stands, with a page of its failures.
func (c *Client) Batch(ctx context.Context, id string, page wire.Page, opts ...Option) (*wire.BatchAnswer, error) {
	call := get("v1", "batches", id).with(opts)
	call.setPage(page)
	var a wire.BatchAnswer
	return answer(&a, c.do(ctx, call, &a))
}

// Batches lists batches, newest first.
func (c *Client) Batches(ctx context.Context, page wire.Page, opts ...Option) (*wire.Batches, error) {
	call := get("v1", "batches").with(opts)
	call.setPage(page)
	var a wire.Batches
	return answer(&a, c.do(ctx, call, &a))
}

// StopBatch stops a batch. What was done stays done.
func (c *Client) StopBatch(ctx context.Context, id string, opts ...Option) (*wire.BatchAnswer, error) {
	var a wire.BatchAnswer
	return answer(&a, c.do(ctx, change(http.MethodDelete, nil, "v1", "batches", id).with(opts), &a))
}
