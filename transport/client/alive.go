package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// aliveWithin is how long a node may take to say that it lives.
var aliveWithin = 5 * time.Second

// alive refuses a node that takes connections and answers nothing: its process is frozen, or its
// machine. A deploy is waited for for minutes, so who is asked first has to show that it answers at
// all. Whatever else is wrong with the node is found by the call itself.
func (c *Client) alive(ctx context.Context, base *url.URL) error {
	ctx, cancel := context.WithTimeout(ctx, aliveWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base.String()+"/health/live", nil)
	if err != nil {
		return nil
	}
	resp, err := c.http.Do(req)
	if err == nil {
		return resp.Body.Close()
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &broken{cause: fmt.Errorf("%s answers nothing within %s", base.Host, aliveWithin)}
	}
	return nil
}
