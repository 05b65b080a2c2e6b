package transport

import (
	"context"
	"net/http"
	"time"
)

// lookPolled is between two askings of a call that waits.
const lookPolled = 100 * time.Millisecond

// look is a read that asked to wait, passed on. When the leader that it waits at is gone it goes on
// at the next one, for what is left of its time. Without that every caller who waits would have to
// ask again at once when a leader ends, at a cluster that has none.
type look struct {
	asked  *http.Request // as it came to this node
	end    time.Time     // of its wait
	begun  time.Time     // when a leader was asked last
	failed time.Time     // when the first of those in a row that failed did
}

// lookOf returns nil of a call that does not wait.
func lookOf(r *http.Request) *look {
	wait, err := Waits{r.URL.Query().Get("wait")}.duration()
	if err != nil || wait == 0 {
		return nil
	}
	return &look{asked: r, end: time.Now().Add(wait)}
}

// again reports whether an answer only says that the node asked leads no more, so that another one
// is to be asked.
func (l *look) again(ctx context.Context, resp *http.Response, err error) bool {
	if l == nil || ctx.Err() != nil || err == nil && resp.StatusCode != http.StatusServiceUnavailable || certificateRefused(err) {
		return false
	}
	if l.failed.IsZero() || time.Since(l.begun) > time.Second {
		l.failed = time.Now()
	}
	return true
}

// origin is the call as this node serves it if it comes to lead.
func (l *look) origin() *http.Request {
	if l == nil {
		return nil
	}
	return l.asked
}

// shorten leaves r the rest of the wait.
func (l *look) shorten(r *http.Request) {
	if l == nil || l.failed.IsZero() {
		return
	}
	u, q := *r.URL, r.URL.Query()
	q.Set("wait", max(0, time.Until(l.end)).Round(time.Millisecond).String())
	u.RawQuery = q.Encode()
	*r.URL = u
}
