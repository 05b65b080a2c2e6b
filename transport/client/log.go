package client

import (
	"context"
	"iter"
	"strconv"
	"time"

	"aion.dev/aion/transport/wire"
)

// Logs returns the kept lines with seq >= from that a run's code logged. At the end of an open
// run's log it waits up to wait for more. FollowLogs continues automatically.
func (c *Client) Logs(ctx context.Context, ref wire.RunRef, from uint64, limit int, wait time.Duration, opts ...Option) (*wire.RunLog, error) {
	call := ofRun(get("v1", "workflows", ref.WorkflowID, "logs"), ref).with(opts)
	if from > 0 {
		call.set("from", strconv.FormatUint(from, 10))
	}
	call.setPage(wire.Page{Limit: limit})
	call.setWait(wait)
	var a wire.RunLog
	return answer(&a, c.do(ctx, call, &a))
}

// FollowLogs yields a run's lines with seq >= from as they appear, and ends after the last line of
// a closed run. An error is yielded once, at the end.
func (c *Client) FollowLogs(ctx context.Context, ref wire.RunRef, from uint64, opts ...Option) iter.Seq2[wire.LogLine, error] {
	return func(yield func(wire.LogLine, error) bool) {
		for from = max(from, 1); ; {
			page, err := c.Logs(ctx, ref, from, wire.MaxPage, wire.MaxWait/2, opts...)
			if err != nil {
				yield(wire.LogLine{}, err)
				return
			}
			for _, l := range page.Lines {
				if !yield(l, nil) {
					return
				}
			}
			if page.Next == 0 {
				return
			}
			from = page.Next
		}
	}
}

// Turns replays a run, and shows limit of its turns, from turn from on. Nothing happens to the run.
func (c *Client) Turns(ctx context.Context, ref wire.RunRef, from uint64, limit int, opts ...Option) (*wire.Rewound, error) {
	return c.TurnsOn(ctx, ref, "", from, limit, opts...)
}

// TurnsOn is Turns with the code of another version that is loaded, full or a prefix.
func (c *Client) TurnsOn(ctx context.Context, ref wire.RunRef, version string, from uint64, limit int, opts ...Option) (*wire.Rewound, error) {
	call := ofRun(get("v1", "workflows", ref.WorkflowID, "turns"), ref).with(opts)
	call.set("on", version)
	if from > 0 {
		call.set("from", strconv.FormatUint(from, 10))
	}
	call.setPage(wire.Page{Limit: limit})
	var a wire.Rewound
	return answer(&a, c.do(ctx, call, &a))
}
