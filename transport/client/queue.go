package client

import (
	"context"
	"net/http"

	"aion.dev/aion/transport/wire"
)

// Queues lists queues by name.
func (c *Client) Queues(ctx context.Context, page wire.Page, opts ...Option) (*wire.Queues, error) {
	call := get("v1", "queues").with(opts)
	call.setPage(page)
	var a wire.Queues
	return answer(&a, c.do(ctx, call, &a))
}

// Queue returns the state of a queue. A queue that nobody has used is empty.
func (c *Client) Queue(ctx context.Context, name string, opts ...Option) (*wire.QueueAnswer, error) {
	var a wire.QueueAnswer
	return answer(&a, c.do(ctx, get("v1", "queues", name).with(opts), &a))
}

// LimitQueue sets all limits of a queue: limits that l omits are removed.
func (c *Client) LimitQueue(ctx context.Context, name string, l wire.QueueLimits, opts ...Option) (*wire.QueueAnswer, error) {
	var a wire.QueueAnswer
	return answer(&a, c.do(ctx, change(http.MethodPut, l, "v1", "queues", name).with(opts), &a))
}
