package client

import (
	"context"
	"net/http"

	"aion.dev/aion/transport/wire"
)

// RunQuotas lists the quotas of open runs and of the depth of trees.
func (c *Client) RunQuotas(ctx context.Context, opts ...Option) (*wire.RunQuotas, error) {
	var a wire.RunQuotas
	return answer(&a, c.do(ctx, get("v1", "quotas").with(opts), &a))
}

// SetRunQuota sets the quota of typ, or with an empty typ that of the namespace as a whole. Zeros
// remove it.
func (c *Client) SetRunQuota(ctx context.Context, typ string, r wire.RunQuotaRequest, opts ...Option) (*wire.RunQuotaAnswer, error) {
	path := []string{"v1", "quotas"}
	if typ != "" {
		path = append(path, typ)
	}
	var a wire.RunQuotaAnswer
	return answer(&a, c.do(ctx, change(http.MethodPut, r, path...).with(opts), &a))
}
