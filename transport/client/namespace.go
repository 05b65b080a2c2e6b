package client

import (
	"context"
	"net/http"

	"aion.dev/aion/transport/wire"
)

// CreateNamespace makes a namespace.
func (c *Client) CreateNamespace(ctx context.Context, spec wire.NamespaceSpec, opts ...Option) (*wire.NamespaceAnswer, error) {
	var a wire.NamespaceAnswer
	return answer(&a, c.do(ctx, change(http.MethodPost, spec, "v1", "namespaces").with(opts), &a))
}

// SetNamespace changes a namespace; what is nil stays.
func (c *Client) SetNamespace(ctx context.Context, name string, to wire.NamespaceChange, opts ...Option) (*wire.NamespaceAnswer, error) {
	var a wire.NamespaceAnswer
	return answer(&a, c.do(ctx, change(http.MethodPut, to, "v1", "namespaces", name).with(opts), &a))
}

// DeleteNamespace removes a namespace that holds nothing.
func (c *Client) DeleteNamespace(ctx context.Context, name string, opts ...Option) (*wire.NamespaceAnswer, error) {
	var a wire.NamespaceAnswer
	return answer(&a, c.do(ctx, change(http.MethodDelete, nil, "v1", "namespaces", name).with(opts), &a))
}

// Namespace shows a namespace, and what it has.
func (c *Client) Namespace(ctx context.Context, name string, opts ...Option) (*wire.NamespaceShown, error) {
	var a wire.NamespaceShown
	return answer(&a, c.do(ctx, get("v1", "namespaces", name).with(opts), &a))
}

// Namespaces lists namespaces by name, default first.
func (c *Client) Namespaces(ctx context.Context, page wire.Page, opts ...Option) (*wire.Namespaces, error) {
	var a wire.Namespaces
	r := get("v1", "namespaces")
	r.setPage(page)
	return answer(&a, c.do(ctx, r.with(opts), &a))
}
