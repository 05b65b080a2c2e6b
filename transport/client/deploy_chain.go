package client

import (
	"context"

	"aion.dev/aion/transport/wire"
)

// VerifyDeploys reads the whole deploy history and computes its chain anew.
func (c *Client) VerifyDeploys(ctx context.Context, opts ...Option) (*wire.DeployCheck, error) {
	var history []wire.Deploy
	var head string
	for page := (wire.Page{Limit: wire.MaxPage}); ; {
		d, err := c.Deploys(ctx, "", page, opts...)
		if err != nil {
			return nil, err
		}
		if page.Cursor == "" {
			head = d.Chain
		}
		history = append(history, d.Deploys...)
		if page.Cursor = d.NextCursor; page.Cursor == "" {
			check := wire.CheckDeploys(history, head)
			return &check, nil
		}
	}
}
