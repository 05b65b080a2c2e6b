package client

import (
	"context"
	"net/http"

	"aion.dev/aion/transport/wire"
)

// Policy returns which keys are trusted, and what has to be signed.
func (c *Client) Policy(ctx context.Context, opts ...Option) (*wire.Policy, error) {
	var a wire.Policy
	return answer(&a, c.do(ctx, get("v1", "policy").with(opts), &a))
}

// TrustKey lets signatures of packages by a key count, under a name.
func (c *Client) TrustKey(ctx context.Context, name, publicKey string, opts ...Option) (*wire.PolicyAnswer, error) {
	var a wire.PolicyAnswer
	return answer(&a, c.do(ctx, change(http.MethodPut, wire.KeySpec{PublicKey: publicKey}, "v1", "policy", "keys", name).with(opts), &a))
}

// RevokeKey makes signatures by a key count no more. What is loaded stays. With forget, it removes
// a key from the list that is revoked and that no rule names.
func (c *Client) RevokeKey(ctx context.Context, name string, forget bool, opts ...Option) (*wire.PolicyAnswer, error) {
	call := change(http.MethodDelete, nil, "v1", "policy", "keys", name).with(opts)
	if forget {
		call.set("forget", "true")
	}
	var a wire.PolicyAnswer
	return answer(&a, c.do(ctx, call, &a))
}

// SetSignatureRule makes or replaces the rule of a type prefix.
func (c *Client) SetSignatureRule(ctx context.Context, spec wire.RuleSpec, opts ...Option) (*wire.PolicyAnswer, error) {
	var a wire.PolicyAnswer
	return answer(&a, c.do(ctx, change(http.MethodPut, spec, "v1", "policy", "rules").with(opts), &a))
}

// DropSignatureRule removes the rule of a type prefix.
func (c *Client) DropSignatureRule(ctx context.Context, prefix string, opts ...Option) (*wire.PolicyAnswer, error) {
	call := change(http.MethodDelete, nil, "v1", "policy", "rules").with(opts)
	call.set("type_prefix", prefix)
	var a wire.PolicyAnswer
	return answer(&a, c.do(ctx, call, &a))
}
