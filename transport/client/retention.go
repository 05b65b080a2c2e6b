package client

import (
	"context"
	"net/http"

	"aion.dev/aion/transport/wire"
)

// Retention lists how long closed runs are kept, by type.
func (c *Client) Retention(ctx context.Context, opts ...Option) (*wire.RetentionRules, error) {
	var a wire.RetentionRules
	return answer(&a, c.do(ctx, get("v1", "retention").with(opts), &a))
}

// SetRetention keeps closed runs of typ for age, a Go duration; "0s" = forever. An empty typ means
// all types without a rule of their own.
func (c *Client) SetRetention(ctx context.Context, typ, age string, opts ...Option) (*wire.RetentionAnswer, error) {
	var a wire.RetentionAnswer
	return answer(&a, c.do(ctx, change(http.MethodPut, wire.RetentionRequest{Age: age}, retentionOf(typ)...).with(opts), &a))
}

// RemoveRetention removes the rule of typ, so that the default rule applies again; an empty typ
// removes the default rule.
func (c *Client) RemoveRetention(ctx context.Context, typ string, opts ...Option) (*wire.RetentionAnswer, error) {
	var a wire.RetentionAnswer
	return answer(&a, c.do(ctx, change(http.MethodDelete, nil, retentionOf(typ)...).with(opts), &a))
}

func retentionOf(typ string) []string {
	if typ == "" {
		return []string{"v1", "retention"}
	}
	return []string{"v1", "retention", typ}
}

// VersionRetention returns which drained versions are unloaded.
func (c *Client) VersionRetention(ctx context.Context, opts ...Option) (*wire.VersionRetentionRead, error) {
	var a wire.VersionRetentionRead
	return answer(&a, c.do(ctx, get("v1", "retention", "versions").with(opts), &a))
}

// SetVersionRetention sets which drained versions are unloaded, or takes the rule away.
func (c *Client) SetVersionRetention(ctx context.Context, r wire.VersionRetentionRequest, opts ...Option) (*wire.VersionRetentionAnswer, error) {
	var a wire.VersionRetentionAnswer
	return answer(&a, c.do(ctx, change(http.MethodPut, r, "v1", "retention", "versions").with(opts), &a))
}
