package client

import (
	"context"
	"net/http"

	"aion.dev/aion/transport/wire"
)

// Cluster tells how the node that takes the call sees the cluster. It works without a leader.
func (c *Client) Cluster(ctx context.Context) (*wire.Cluster, error) {
	var a wire.Cluster
	return answer(&a, c.do(ctx, get("v1", "cluster"), &a))
}

// Transfer hands leadership to a node; empty = to whichever is most up to date.
func (c *Client) Transfer(ctx context.Context, node string) (*wire.NodeAnswer, error) {
	return c.operate(ctx, "transfer", node)
}

// Remove takes a node out of the cluster for good.
func (c *Client) Remove(ctx context.Context, node string) (*wire.NodeAnswer, error) {
	return c.operate(ctx, "remove", node)
}

// Drain makes a node, empty = the one that takes the call, refuse new deploys and lead no more,
// before it is stopped.
func (c *Client) Drain(ctx context.Context, node string) (*wire.NodeAnswer, error) {
	return c.operate(ctx, "drain", node)
}

// Undrain takes a drain back.
func (c *Client) Undrain(ctx context.Context, node string) (*wire.NodeAnswer, error) {
	return c.operate(ctx, "undrain", node)
}

func (c *Client) operate(ctx context.Context, operation, node string) (*wire.NodeAnswer, error) {
	var a wire.NodeAnswer
	return answer(&a, c.do(ctx, change(http.MethodPost, wire.NodeRequest{Node: node}, "v1", "cluster", operation), &a))
}

// Ready returns nil once a node that takes the call has a leader and has applied what was committed; else a *wire.Problem that says why not.
func (c *Client) Ready(ctx context.Context) error {
	return c.do(ctx, get("health", "ready"), nil)
}
