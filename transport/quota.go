package transport

import (
	"fmt"
	"math"
	"sync"
	"time"

	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/wire"
)

// quotas hold tokens with rates to them, each on the node that is called. What they have used is in
// memory, and begins anew when the node does. Tokens without rates cost nothing.
type quotas struct {
	mu sync.Mutex
	of map[uint64]*quota // guarded by mu: by serial
}

// maxQuotas bounds what is remembered: those that have their full rates again go first, and there
// are no more tokens than that.
const maxQuotas = 10_000

// quota is what one token has used.
type quota struct {
	name   string
	limits rows.TokenRates

	mu    sync.Mutex
	calls bucket // guarded by mu, like the fields below
	bytes bucket
	waits uint64
	used  time.Time
}

// bucket has room for what may be used within a second, and fills at that rate.
type bucket struct {
	level float64
	at    time.Time
}

// fill brings the level up to date.
func (b *bucket) fill(rate uint64, now time.Time) {
	if b.at.IsZero() {
		b.level = float64(rate)
	} else if past := now.Sub(b.at); past > 0 {
		b.level = min(float64(rate), b.level+past.Seconds()*float64(rate))
	}
	b.at = now
}

// until is how long it takes until the level is at least want.
func (b *bucket) until(rate uint64, want float64) time.Duration {
	return time.Duration((want - b.level) / float64(rate) * float64(time.Second))
}

// ofToken returns the quota of a token; nil = it has none.
func (q *quotas) ofToken(k *rows.Token, now time.Time) *quota {
	if k.Rates == (rows.TokenRates{}) {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if mine := q.of[k.Serial]; mine != nil {
		return mine
	}
	if len(q.of) >= maxQuotas {
		for serial, other := range q.of { // any order: all that are as good as new
			if other.idle(now) {
				delete(q.of, serial)
			}
		}
	}
	if q.of == nil {
		q.of = map[uint64]*quota{}
	}
	mine := &quota{name: k.Name, limits: k.Rates}
	q.of[k.Serial] = mine
	return mine
}

// idle reports whether nothing is lost with a quota: nobody waits, and what was used has come back.
func (q *quota) idle(now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes.fill(q.limits.Bytes, now)
	return q.waits == 0 && now.Sub(q.used) > time.Second && q.bytes.level >= float64(q.limits.Bytes)
}

// begin counts a call, and refuses one that comes too early. end is called when it is over.
func (q *quota) begin(waits bool, now time.Time) (end func(), err error) {
	if q == nil {
		return func() {}, nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.used = now
	if rate := q.limits.Calls; rate > 0 {
		if q.calls.fill(rate, now); q.calls.level < 1 {
			return nil, q.refuse("calls a second", rate, q.calls.until(rate, 1))
		}
	}
	if rate := q.limits.Bytes; rate > 0 {
		if q.bytes.fill(rate, now); q.bytes.level <= 0 { // bytes are counted as they pass, so there may be a debt
			return nil, q.refuse("bytes a second", rate, q.bytes.until(rate, 1))
		}
	}
	if most := q.limits.Waits; most > 0 && waits && q.waits >= most {
		return nil, q.refuse("calls that wait at a time", most, time.Second)
	}
	q.calls.level--
	if !waits {
		return func() {}, nil
	}
	q.waits++
	return func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.waits--
	}, nil
}

// spend counts bytes of a call or of its answer.
func (q *quota) spend(n int) {
	if q == nil || q.limits.Bytes == 0 || n <= 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes.level -= float64(n)
}

// retryAfter is the fact of a refusal that says in how many seconds the call may be repeated.
const retryAfter = "retry_after"

func (q *quota) refuse(what string, limit uint64, wait time.Duration) error {
	p := wire.New("resource_exhausted", fmt.Sprintf("the token %q may have %d %s on each node, and has used them up", q.name, limit, what)).
		With("token", q.name).With("what", what).With("limit", limit).With(retryAfter, max(1, int(math.Ceil(wait.Seconds()))))
	p.Hint = "Repeat the call later, as Retry-After says, or ask for a token with a higher rate."
	return p
}
