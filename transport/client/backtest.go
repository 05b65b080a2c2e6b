package client

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"aion.dev/aion/transport/wire"
)

// StartBacktest replays recorded histories on other code. The node that gets the call runs it, and
// it alone knows it: call Backtest and StopBacktest with a Client that has no other address. With
// MinIndex the node first applies that index.
func (c *Client) StartBacktest(ctx context.Context, r wire.BacktestRequest, opts ...Option) (*wire.BacktestStarted, error) {
	call := change(http.MethodPost, r, "v1", "backtests").with(opts)
	call.slow = true
	if call.minIndex > 0 {
		call.set("min_index", strconv.FormatUint(call.minIndex, 10))
	}
	var a wire.BacktestStarted
	return answer(&a, c.do(ctx, call, &a))
}

// Backtest returns how far a backtest has come, once it has ended or wait is over, with a page of
// its results.
func (c *Client) Backtest(ctx context.Context, id string, wait time.Duration, page wire.Page, opts ...Option) (*wire.Backtest, error) {
	call := get("v1", "backtests", id).with(opts)
	call.stale = false // no other node has it, and it does not change
	call.setPage(page)
	call.setWait(wait)
	var a wire.Backtest
	return answer(&a, c.do(ctx, call, &a))
}

// StopBacktest stops a backtest. Its results stay.
func (c *Client) StopBacktest(ctx context.Context, id string, opts ...Option) (*wire.Backtest, error) {
	var a wire.Backtest
	return answer(&a, c.do(ctx, change(http.MethodDelete, nil, "v1", "backtests", id).with(opts), &a))
}
