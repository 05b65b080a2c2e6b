package client

import (
	"context"
	"net/http"

	"aion.dev/aion/transport/wire"
)

// Canary returns the canary of typ.
func (c *Client) Canary(ctx context.Context, typ string, opts ...Option) (*wire.CanaryRead, error) {
	var a wire.CanaryRead
	return answer(&a, c.do(ctx, get("v1", "canaries", typ).with(opts), &a))
}

// Canaries lists all canaries, by type.
func (c *Client) Canaries(ctx context.Context, opts ...Option) (*wire.Canaries, error) {
	var a wire.Canaries
	return answer(&a, c.do(ctx, get("v1", "canaries").with(opts), &a))
}

// SetCanary begins the canary of typ, or changes the one that there is.
func (c *Client) SetCanary(ctx context.Context, typ string, r wire.CanaryRequest, opts ...Option) (*wire.CanaryAnswer, error) {
	var a wire.CanaryAnswer
	return answer(&a, c.do(ctx, change(http.MethodPut, r, "v1", "canaries", typ).with(opts), &a))
}

// AbortCanary ends the canary of typ: the route stays.
func (c *Client) AbortCanary(ctx context.Context, typ, message string, opts ...Option) (*wire.CanaryAnswer, error) {
	call := change(http.MethodDelete, nil, "v1", "canaries", typ).with(opts)
	call.set("message", message)
	var a wire.CanaryAnswer
	return answer(&a, c.do(ctx, call, &a))
}

// PromoteCanary ends the canary of typ and routes the type to its version.
func (c *Client) PromoteCanary(ctx context.Context, typ, message string, opts ...Option) (*wire.CanaryAnswer, error) {
	var a wire.CanaryAnswer
	return answer(&a, c.do(ctx, change(http.MethodPost, wire.CanaryEnd{Message: message}, "v1", "canaries", typ, "promote").with(opts), &a))
}
