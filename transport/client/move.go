package client

import (
	"context"
	"net/http"
	"time"

	"aion.dev/aion/transport/wire"
)

// StartMove begins to move open runs to another version, each after a proof that its history
// replays there. If the node that leads ends meanwhile, the same call takes up what is left.
func (c *Client) StartMove(ctx context.Context, r wire.MoveRequest, opts ...Option) (*wire.MoveStarted, error) {
	call := change(http.MethodPost, r, "v1", "moves").with(opts)
	call.slow = true
	var a wire.MoveStarted
	return answer(&a, c.do(ctx, call, &a))
}

// Move returns how far a move has come, once it has ended or wait is over, with a page of its
// results.
func (c *Client) Move(ctx context.Context, id string, wait time.Duration, page wire.Page) (*wire.Move, error) {
	call := get("v1", "moves", id)
	call.setPage(page)
	call.setWait(wait)
	var a wire.Move
	return answer(&a, c.do(ctx, call, &a))
}

// StopMove stops a move. What was moved stays moved.
func (c *Client) StopMove(ctx context.Context, id string, opts ...Option) (*wire.Move, error) {
	var a wire.Move
	return answer(&a, c.do(ctx, change(http.MethodDelete, nil, "v1", "moves", id).with(opts), &a))
}

// On makes Resume and Reopen let the run go on with another version, on which its history replays.
// It affects no other call.
func On(version string) Option { return func(c *call) { c.set("on", version) } }
