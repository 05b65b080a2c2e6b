package client

import (
	"context"
	"net/http"
	"time"

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

// ConfirmTime says what time it is, so that log time makes a step that the leader holds back. The
// leader refuses a time that its own clock does not show.
func (c *Client) ConfirmTime(ctx context.Context, at time.Time, opts ...Option) (*wire.TimeAnswer, error) {
	var a wire.TimeAnswer
	body := wire.TimeRequest{Time: at.UTC().Format(time.RFC3339Nano)}
	return answer(&a, c.do(ctx, change(http.MethodPost, body, "v1", "cluster", "clock").with(opts), &a))
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

// Ready returns nil once a node that takes the call has a leader and has applied what was
// committed; else a *wire.Problem that says why not.
func (c *Client) Ready(ctx context.Context) error {
	return c.do(ctx, get("health", "ready"), nil)
}
