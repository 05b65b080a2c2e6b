package client

import (
	"context"
	"net/http"

	"aion.dev/aion/transport/wire"
)

// Bootstrap makes the first token of the cluster, which may do everything. It works once, from the
// machine of a node.
func (c *Client) Bootstrap(ctx context.Context, spec wire.BootstrapSpec, opts ...Option) (*wire.TokenAnswer, error) {
	var a wire.TokenAnswer
	return answer(&a, c.do(ctx, change(http.MethodPost, spec, "v1", "auth", "bootstrap").with(opts), &a))
}

// Self returns who calls, and what they may do.
func (c *Client) Self(ctx context.Context, opts ...Option) (*wire.Self, error) {
	var a wire.Self
	return answer(&a, c.do(ctx, get("v1", "auth", "self").with(opts), &a))
}

// CreateToken makes a token. If SecretSHA256 is empty, the answer shows the secret that the node
// has made, once; a call that is repeated because its answer was lost does not.
func (c *Client) CreateToken(ctx context.Context, spec wire.TokenSpec, opts ...Option) (*wire.TokenAnswer, error) {
	var a wire.TokenAnswer
	return answer(&a, c.do(ctx, change(http.MethodPost, spec, "v1", "auth", "tokens").with(opts), &a))
}

// Tokens lists tokens by name.
func (c *Client) Tokens(ctx context.Context, page wire.Page, opts ...Option) (*wire.Tokens, error) {
	var a wire.Tokens
	r := get("v1", "auth", "tokens")
	r.setPage(page)
	return answer(&a, c.do(ctx, r.with(opts), &a))
}

// RevokeToken removes a token. Once it returns, no call that begins later succeeds with it.
func (c *Client) RevokeToken(ctx context.Context, name string, opts ...Option) (*wire.TokenAnswer, error) {
	var a wire.TokenAnswer
	return answer(&a, c.do(ctx, change(http.MethodDelete, nil, "v1", "auth", "tokens", name).with(opts), &a))
}
