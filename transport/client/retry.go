package client

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"time"

	"aion.dev/aion/transport/wire"
)

const (
	firstPause = 20 * time.Millisecond
	maxPause   = 2 * time.Second
)

// broken is an attempt without an answer.
type broken struct {
	sent     bool // the request may have arrived
	hopeless bool // retrying this node does not help; another one may
	silent   bool // see pulse; Config.Silent was called
	cause    error
}

func (e *broken) Error() string { return e.cause.Error() }
func (e *broken) Unwrap() error { return e.cause }

// dialFailed reports whether no connection was established, so that nothing can have arrived.
func dialFailed(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

// repeat sends the call to one address after another until it gets an answer or a refusal, or until
// patience or ctx ends. A mutation keeps one request id for all attempts, so a later attempt
// returns what an earlier one did.
func (c *Client) repeat(ctx context.Context, call *call) ([]byte, error) {
	if call.mutation && call.requestID == "" {
		call.requestID, call.generated = NewRequestID(), true
	}
	at := int(c.last.Load())
	began := time.Now()
	maybe := false // an attempt of a mutation may have taken effect
	var until time.Time
	var said error // the last answer of a node, at attempt saidAt
	saidAt := 0
	hopeless, reached := 0, false // consecutive attempts that retrying does not help; whether any of them connected
	traced, attempted := c.watch(ctx)
	defer attempted(false)
	for n := 1; ; n++ {
		body, err := c.attempt(traced, c.bases[at%len(c.bases)], call)
		if err == nil {
			c.last.Store(uint32(at % len(c.bases)))
			return body, nil
		}
		attempted(!isSilent(err))
		if hopeless++; !isHopeless(err) {
			hopeless = 0
		}
		if hopeless == len(c.bases) {
			err = errors.Unwrap(err)
		}
		if !mayRepeat(err) {
			if maybe && saysNothingEarlier(err) {
				return nil, c.gaveUp(call, err, true)
			}
			return nil, err
		}
		reached = reached || !dialFailed(err)
		maybe = maybe || call.mutation && mayHaveHappened(err)
		call.maybe = maybe
		if _, isProblem := errors.AsType[*wire.Problem](err); isProblem {
			said, saidAt = err, n
		}
		if until.IsZero() {
			until = time.Now().Add(cmp.Or(call.total, c.patience))
		}
		at++ // another node may know better
		last := until
		if !reached {
			last = c.untilConnected(began, until)
		}
		if n%len(c.bases) == 0 && !pause(ctx, n/len(c.bases), last) || ctx.Err() != nil {
			if said != nil && n-saidAt < len(c.bases) && ctx.Err() == nil {
				err = said // report that no node leads, rather than that other nodes are down, which explains it
			}
			return nil, c.gaveUp(call, err, maybe)
		}
	}
}

// untilConnected returns when a call that has reached no node since began gives up.
func (c *Client) untilConnected(began, until time.Time) time.Time {
	if soon := began.Add(c.connect); c.connect > 0 && soon.Before(until) {
		return soon
	}
	return until
}

// isHopeless reports whether retrying the same node cannot help.
func isHopeless(err error) bool {
	var b *broken
	return errors.As(err, &b) && b.hopeless
}

func isSilent(err error) bool {
	b, ok := errors.AsType[*broken](err)
	return ok && b.silent
}

// mayRepeat reports whether an attempt that ended with err may be retried: nothing happened, or the
// request id finds out what did.
func mayRepeat(err error) bool {
	if isHopeless(err) {
		return true // at another node
	}
	var p *wire.Problem
	if errors.As(err, &p) {
		return p.Outcome == wire.Retry || p.Code == "outcome_unknown"
	}
	return true
}

// mayHaveHappened reports whether an attempt of a mutation that ended with err may have taken
// effect, now or later.
func mayHaveHappened(err error) bool {
	var p *wire.Problem
	if errors.As(err, &p) {
		return p.Outcome == wire.Unknown
	}
	var b *broken
	return errors.As(err, &b) && b.sent
}

// saysNothingEarlier reports whether a refusal says nothing about an earlier attempt, because
// another node's own gate gave it, not the state machine: it does not let the caller in, or is of
// an older release and has no such operation.
func saysNothingEarlier(err error) bool {
	var p *wire.Problem
	if !errors.As(err, &p) {
		return false
	}
	switch p.Code {
	case "unauthenticated", "permission_denied", "misdirected", "method_not_allowed":
		return true
	}
	return p.Code == "not_found" && p.Fact("path", new(string))
}

// pause waits before the next round over the addresses. Waits grow exponentially, with random
// jitter so that callers do not return together. It reports whether there should be another round.
func pause(ctx context.Context, round int, until time.Time) bool {
	longest := min(firstPause<<min(round-1, 16), maxPause)
	d := min(longest/2+rand.N(longest/2), time.Until(until)) // make the last attempt at the very end
	if d <= 0 {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// gaveUp returns the error of a call that is not retried any more. It keeps a node's last answer,
// unless an attempt may have taken effect.
func (c *Client) gaveUp(call *call, last error, maybe bool) error {
	var p *wire.Problem
	isProblem := errors.As(last, &p)
	switch {
	case maybe && isProblem && p.Code == "outcome_unknown":
	case maybe:
		p = wire.New("outcome_unknown", "an answer was lost, and no later attempt learned the outcome: "+last.Error())
	case !isProblem:
		p = c.noNode(last)
	}
	if maybe {
		p = p.With("request_id", call.requestID)
	}
	return p
}
