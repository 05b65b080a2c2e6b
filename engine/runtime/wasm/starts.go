package wasm

import (
	"cmp"

	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// Kinds of what a guest starts.
const (
	startTimer = 1 + iota
	startSignal
	startCondition
	startActivity
	startChild
	startResult
)

func (c *call) start() {
	kind, r := c.stack[0], c.record(1, 2)
	var begin func() (uint64, error)
	switch kind {
	case startTimer:
		d, _ := r.duration(1)
		begin = func() (uint64, error) { return c.host.StartTimer(d) }
	case startSignal:
		name, timeout := r.text(1), timeoutOf(r)
		begin = func() (uint64, error) { return c.host.StartSignal(name, timeout) }
	case startCondition:
		timeout := timeoutOf(r)
		begin = func() (uint64, error) { return c.host.StartCondition(timeout) }
	case startActivity:
		a := c.activity(r)
		begin = func() (uint64, error) { return c.host.StartActivity(a) }
	case startChild:
		child := c.child(r)
		begin = func() (uint64, error) { return c.host.StartChild(child) }
	case startResult:
		id := r.text(1)
		begin = func() (uint64, error) { return c.host.StartResult(id) }
	default:
		c.stop(c.broke("start has kind %d", kind))
	}
	shielded := kind != startActivity && kind != startChild && policy(c, "on cancel", r.text(8), waitPolicies) == history.CancelIgnore
	c.ended("start", r)
	c.ask(func() (err error) { c.stack[0], err = begin(); return err })
	if shielded {
		c.ask(func() error { return c.host.Shield(c.stack[0]) })
	}
	if kind == startCondition {
		c.conditions = append(c.conditions, c.stack[0])
	}
}

func timeoutOf(r *reading) *history.Duration {
	if d, ok := r.duration(2); ok {
		return &d
	}
	return nil
}

// limited reads durations, and says which is the first that was set to 0, where 0 means no limit.
func limited(r *reading, zero *string, first byte, of ...struct {
	name string
	to   *history.Duration
}) {
	for i, d := range of {
		set := false
		if *d.to, set = r.duration(first + byte(i)); set && *d.to == 0 {
			*zero = cmp.Or(*zero, d.name)
		}
	}
}

func (c *call) activity(r *reading) (a runtime.Activity) {
	a.Name, a.Queue, a.Input = r.text(1), r.text(2), r.payload(3)
	type named = struct {
		name string
		to   *history.Duration
	}
	limited(r, &a.Zero, 4, named{"timeout", &a.Timeout}, named{"heartbeat", &a.Heartbeat}, named{"schedule_timeout", &a.ScheduleTimeout}, named{"total_timeout", &a.TotalTimeout})
	a.OnCancel = policy(c, "on cancel", r.text(8), cancelPolicies)
	a.Retry = c.retry(r, &a.Zero)
	return a
}

func (c *call) child(r *reading) (child runtime.Child) {
	child.WorkflowType, child.WorkflowID, child.Input = r.text(1), r.text(2), r.payload(3)
	var zero string
	type named = struct {
		name string
		to   *history.Duration
	}
	limited(r, &zero, 4, named{"timeout", &child.Timeout}, named{"chain_timeout", &child.ChainTimeout})
	child.OnClose = policy(c, "on parent close", r.text(6), closePolicies)
	child.Version = policy(c, "version", r.text(7), childVersions)
	child.OnCancel = policy(c, "on cancel", r.text(8), cancelPolicies)
	child.Attributes = c.attributes("start", r, 9, 10)
	child.Retry = c.retry(r, &zero)
	if zero != "" {
		c.stop(&history.RunError{Kind: history.KindFailed, Message: zero + " is 0: it must be more, or be left out"})
	}
	return child
}

// The words of options, and what they mean when they are missing.
var (
	childVersions  = map[string]history.ChildVersion{"": history.ChildDefault, "parent": history.ChildParent, "routed": history.ChildRouted}
	closePolicies  = map[string]history.ClosePolicy{"": history.CloseTerminate, "terminate": history.CloseTerminate, "cancel": history.CloseCancel, "abandon": history.CloseAbandon}
	waitPolicies   = map[string]history.CancelPolicy{"": history.CancelAbandon, "abandon": history.CancelAbandon, "ignore": history.CancelIgnore}
	cancelPolicies = map[string]history.CancelPolicy{"": history.CancelWait, "wait": history.CancelWait, "abandon": history.CancelAbandon, "ignore": history.CancelIgnore}
)

func policy[P any](c *call, what, word string, of map[string]P) P {
	p, ok := of[word]
	if !ok {
		c.stop(c.broke("start: %s is %.50q", what, word))
	}
	return p
}

// retry reads a policy, with the defaults that docs/WORKFLOWS.md gives.
func (c *call) retry(r *reading, zero *string) *history.Retry {
	const most, backoff, factor, longest, kinds = 20, 21, 22, 23, 24
	if r.peek() < most {
		return nil
	}
	retry := &history.Retry{Backoff: 1e9, Factor: 2, MaxBackoff: 60e9}
	if n, ok := r.number(most); ok {
		if retry.MaxAttempts = uint32(n); int64(retry.MaxAttempts) != n {
			c.stop(&history.RunError{Kind: history.KindFailed, Message: "retry: max_attempts is out of range"})
		}
	}
	if d, ok := r.duration(backoff); ok {
		retry.Backoff = d
	}
	if f, ok := r.float(factor); ok {
		retry.Factor = f
	}
	if d, ok := r.duration(longest); ok {
		retry.MaxBackoff = d
	}
	for _, kind := range r.list(kinds) {
		retry.NonRetryable = append(retry.NonRetryable, string(kind))
	}
	if len(retry.NonRetryable) > 100 {
		c.stop(&history.RunError{Kind: history.KindFailed, Message: "retry: non_retryable has more than 100 kinds"})
	}
	switch {
	case retry.Backoff == 0:
		*zero = cmp.Or(*zero, "retry: backoff")
	case retry.Factor == 0:
		*zero = cmp.Or(*zero, "retry: factor")
	case retry.MaxBackoff == 0:
		*zero = cmp.Or(*zero, "retry: max_backoff")
	}
	return retry
}
