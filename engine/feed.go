package engine

import (
	"context"
	"time"

	"aion.dev/aion/fsm"
)

// Feed returns public events after the cursor, waiting up to wait for the first one. It reads this
// node's state; the feed is the same on every node. The zero cursor starts at the oldest event that
// is kept. Any other cursor after which events are missing is refused, so that nobody skips events
// unknowingly.
func (e *Engine) Feed(ctx context.Context, after fsm.FeedCursor, limit int, wait time.Duration) (events []fsm.FeedEvent, next fsm.FeedCursor, err error) {
	if limit, err = checkPage(limit); err != nil {
		return nil, after, err
	}
	if err := checkWait(wait); err != nil {
		return nil, after, err
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		grown := e.hub.feedGrowth()
		e.view(ctx, func(v fsm.View) {
			if start := v.FeedStart(); after != (fsm.FeedCursor{}) && after.Index+1 < start {
				err = invalid("after", "is index %d, but the event stream is kept from index %d on", after.Index, start)
				return
			}
			events, next = v.Feed(after, limit)
		})
		if err != nil || len(events) > 0 {
			return events, next, err
		}
		select {
		case <-grown:
			e.hub.wakes.Pass()
		case <-timer.C:
			return nil, after, nil
		case <-ctx.Done():
			return nil, after, nil
		}
	}
}
