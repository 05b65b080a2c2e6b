package client

import (
	"context"

	"aion.dev/aion/transport/wire"
)

// Jobs lists the remaining work of commands that were too large for one entry, such as closing a
// tree of many runs.
func (c *Client) Jobs(ctx context.Context, opts ...Option) (*wire.Jobs, error) {
	var a wire.Jobs
	return answer(&a, c.do(ctx, get("v1", "jobs").with(opts), &a))
}
