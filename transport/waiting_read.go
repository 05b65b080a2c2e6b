package transport

import (
	"context"
	"net/http"
	"time"
)

// repollAfter is the interval between two requests of a waiting call.
const repollAfter = 100 * time.Millisecond

// waitingRead is a forwarded read that asked to wait. If its leader is gone, it goes on at the next
// leader, for the rest of its time. Otherwise, when a leader ends, all waiting callers would have
// to ask again at once, at a cluster without a leader.
type waitingRead struct {
	asked  *http.Request // as this node received it
	end    time.Time     // of its wait
	begun  time.Time     // when a leader was last asked
	failed time.Time     // when the first of the latest consecutive failures happened
}

// waitingReadOf returns nil for a call that does not wait.
func waitingReadOf(r *http.Request) *waitingRead {
	wait, err := Waits{r.URL.Query().Get("wait")}.duration()
	if err != nil || wait == 0 {
		return nil
	}
	return &waitingRead{asked: r, end: time.Now().Add(wait)}
}

// leaderGone reports whether an answer only means that the node no longer leads, so that another
// one must be asked.
func (l *waitingRead) leaderGone(ctx context.Context, resp *http.Response, err error) bool {
	if l == nil || ctx.Err() != nil || err == nil && resp.StatusCode != http.StatusServiceUnavailable || certificateRefused(err) {
		return false
	}
	if l.failed.IsZero() || time.Since(l.begun) > time.Second {
		l.failed = time.Now()
	}
	return true
}

// origin returns the call as this node serves it when it becomes the leader.
func (l *waitingRead) origin() *http.Request {
	if l == nil {
		return nil
	}
	return l.asked
}

// shorten sets r's wait to what is left of it.
func (l *waitingRead) shorten(r *http.Request) {
	if l == nil || l.failed.IsZero() {
		return
	}
	u, q := *r.URL, r.URL.Query()
	q.Set("wait", max(0, time.Until(l.end)).Round(time.Millisecond).String())
	u.RawQuery = q.Encode()
	*r.URL = u
}
