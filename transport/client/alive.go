package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// aliveWithin bounds how long a node may take to show that it is alive.
var aliveWithin = 3 * time.Second

// When a waiting call checks whether its node is alive: first after quietFirst, then every
// quietNext. Nodes answer most calls sooner, so the check costs nothing there; a long wait makes it
// now and then.
var (
	quietFirst = 2 * time.Second
	quietNext  = 12 * time.Second // beyond the 10 s between two heartbeats of an event stream
)

// alive returns an error for a node that accepts connections but answers nothing, because its
// process or its machine is frozen. A deploy may take minutes, so the node must first show that it
// answers at all. Any other problem of the node shows in the call itself.
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

// pulse watches one attempt of a call: while its node is silent, it checks whether the node is
// alive. If it is not, the call goes on at the next address, if there is one. A call has one
// request id at all addresses, so the silent node may wake up and carry it out too.
type pulse struct {
	client *Client
	base   *url.URL
	giveUp context.CancelCauseFunc
	ctx    context.Context // of the attempt

	mu    sync.Mutex
	timer *time.Timer
	said  bool
}

// feel starts to watch after first has passed. The attempt uses the returned context, until stop is
// called.
func (c *Client) feel(ctx context.Context, base *url.URL, first time.Duration) (context.Context, *pulse) {
	p := &pulse{client: c, base: base}
	p.ctx, p.giveUp = context.WithCancelCause(ctx)
	if len(c.bases) > 1 || c.silent != nil {
		p.mu.Lock()
		p.timer = time.AfterFunc(first, p.ask)
		p.mu.Unlock()
	}
	return p.ctx, p
}

func (p *pulse) ask() {
	err := p.client.alive(p.ctx, p.base)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx.Err() != nil {
		return
	}
	if err != nil && p.client.silent != nil && !p.said {
		p.said = true
		p.client.silent(p.base.String())
	}
	if err != nil && len(p.client.bases) > 1 {
		p.giveUp(&broken{sent: true, silent: true, cause: err})
		return
	}
	p.timer.Reset(quietNext)
}

// heard records that the node has answered something.
func (p *pulse) heard() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil && p.ctx.Err() == nil {
		p.timer.Reset(quietNext)
	}
}

func (p *pulse) stop() {
	p.giveUp(nil)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Stop()
	}
}

// givenUp returns why the pulse ended the attempt of ctx; nil = it did not.
func givenUp(ctx context.Context) error {
	if b, ok := errors.AsType[*broken](context.Cause(ctx)); ok {
		return b
	}
	return nil
}
