package client

import (
	"context"
	"net/http"
	"time"

	"aion.dev/aion/transport/wire"
)

// Cluster returns the cluster as the node that gets the call sees it. It works without a leader.
func (c *Client) Cluster(ctx context.Context) (*wire.Cluster, error) {
	var a wire.Cluster
	return answer(&a, c.do(ctx, get("v1", "cluster"), &a))
}

// Transfer transfers leadership to a node; empty = to the most up-to-date one.
func (c *Client) Transfer(ctx context.Context, node string, opts ...Option) (*wire.NodeAnswer, error) {
	return c.operate(ctx, "transfer", node, opts)
}

// ConfirmTime confirms the current time, so that log time may make a step that the leader holds
// back. The leader refuses a time that its own clock does not show.
func (c *Client) ConfirmTime(ctx context.Context, at time.Time, opts ...Option) (*wire.TimeAnswer, error) {
	var a wire.TimeAnswer
	body := wire.TimeRequest{Time: at.UTC().Format(time.RFC3339Nano)}
	return answer(&a, c.do(ctx, change(http.MethodPost, body, "v1", "cluster", "clock").with(opts), &a))
}

// Remove removes a node from the cluster for good.
func (c *Client) Remove(ctx context.Context, node string, opts ...Option) (*wire.NodeAnswer, error) {
	return c.operate(ctx, "remove", node, opts)
}

// Promote makes a non-voter a voter, and takes a demotion back.
func (c *Client) Promote(ctx context.Context, node string, opts ...Option) (*wire.NodeAnswer, error) {
	return c.operate(ctx, "promote", node, opts)
}

// Demote makes a voter a non-voter that stays one.
func (c *Client) Demote(ctx context.Context, node string, opts ...Option) (*wire.NodeAnswer, error) {
	return c.operate(ctx, "demote", node, opts)
}

// Replace puts the node next in the place of old, which is dead, as far as that is possible now.
// Repeat it until it is done, under the same request id if there is one.
func (c *Client) Replace(ctx context.Context, old, next string, opts ...Option) (*wire.Replacement, error) {
	var a wire.Replacement
	return answer(&a, c.do(ctx, change(http.MethodPost, wire.ReplaceRequest{Old: old, New: next}, "v1", "cluster", "replace").with(opts), &a))
}

// IssueJoinToken makes a token that lets nodes into the cluster for a while, a Go duration; "" =
// 24h. Only the first answer has it: a call whose answer is lost leaves a token that nobody knows,
// and its repetition is answered with the id, to revoke it.
func (c *Client) IssueJoinToken(ctx context.Context, expires string, opts ...Option) (*wire.JoinTokenMade, error) {
	var a wire.JoinTokenMade
	return answer(&a, c.do(ctx, change(http.MethodPost, wire.JoinTokenRequest{Expires: expires}, "v1", "cluster", "join-tokens").with(opts), &a))
}

// JoinTokens lists the tokens that let nodes into the cluster, without their secrets.
func (c *Client) JoinTokens(ctx context.Context, opts ...Option) (*wire.JoinTokens, error) {
	var a wire.JoinTokens
	return answer(&a, c.do(ctx, get("v1", "cluster", "join-tokens").with(opts), &a))
}

// RevokeJoinToken makes a join token useless; one that is not known is a success.
func (c *Client) RevokeJoinToken(ctx context.Context, id string, opts ...Option) (*wire.JoinTokenRevoked, error) {
	var a wire.JoinTokenRevoked
	return answer(&a, c.do(ctx, change(http.MethodDelete, nil, "v1", "cluster", "join-tokens", id).with(opts), &a))
}

// Drain prepares a node to be stopped: it refuses new deploys and no longer leads. An empty node
// means the one that gets the call.
func (c *Client) Drain(ctx context.Context, node string, opts ...Option) (*wire.NodeAnswer, error) {
	return c.operate(ctx, "drain", node, opts)
}

// Undrain reverses a drain.
func (c *Client) Undrain(ctx context.Context, node string, opts ...Option) (*wire.NodeAnswer, error) {
	return c.operate(ctx, "undrain", node, opts)
}

func (c *Client) operate(ctx context.Context, operation, node string, opts []Option) (*wire.NodeAnswer, error) {
	var a wire.NodeAnswer
	return answer(&a, c.do(ctx, change(http.MethodPost, wire.NodeRequest{Node: node}, "v1", "cluster", operation).with(opts), &a))
}

// Ready returns nil if the node that gets the call has a leader and has applied what was committed;
// otherwise a *wire.Problem with the reason.
func (c *Client) Ready(ctx context.Context) error {
	return c.do(ctx, get("health", "ready"), nil)
}
