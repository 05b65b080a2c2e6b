package starlark

import (
	"cmp"
	"fmt"
	"slices"

	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
	"go.starlark.net/starlark"
)

// start is a method that starts something that takes time. It has the three forms below.
type start func(*arguments) (*future, error)

// started returns the future.
func started(do start) func(*arguments) (starlark.Value, error) {
	return func(a *arguments) (starlark.Value, error) {
		f, err := do(a)
		if err != nil {
			return nil, err
		}
		return f, nil
	}
}

// plain waits and returns the value, or ends the code with the error.
func plain(do start) func(*arguments) (starlark.Value, error) {
	return func(a *arguments) (starlark.Value, error) {
		f, err := do(a)
		if err != nil {
			return nil, err
		}
		if err := f.wait(); err != nil {
			return nil, err
		}
		return f.resultValue(a.m)
	}
}

// tried waits and returns the outcome.
func tried(do start) func(*arguments) (starlark.Value, error) {
	return func(a *arguments) (starlark.Value, error) {
		f, err := do(a)
		if err != nil {
			return nil, err
		}
		if err := f.wait(); err != nil {
			return nil, err
		}
		return f.outcomeValue(a.m)
	}
}

// future makes the value for an ordinal from the host.
func (a *arguments) future(id uint64, err error) (*future, error) {
	if err != nil {
		return nil, err
	}
	return &future{e: a.execution, id: id}, a.m.grow(4 * costOther)
}

func (a *arguments) startTimer() (*future, error) {
	var d duration
	onCancel := "abandon"
	if err := a.unpack("duration", &d, "on_cancel?", &onCancel); err != nil {
		return nil, err
	}
	if !d.set {
		return nil, fmt.Errorf("%s: for parameter duration: got None, want a duration such as \"1m30s\"", a.name)
	}
	return a.future(a.wait(onCancel, func() (uint64, error) { return a.host.StartTimer(d.d) }))
}

func (a *arguments) startSignal() (*future, error) {
	var name string
	var timeout duration
	onCancel := "abandon"
	if err := a.unpack("name", &name, "timeout?", &timeout, "on_cancel?", &onCancel); err != nil {
		return nil, err
	}
	limit := &timeout.d
	if !timeout.set {
		limit = nil
	}
	return a.future(a.wait(onCancel, func() (uint64, error) { return a.host.StartSignal(name, limit) }))
}

// wait begins something that ends at once when the run is cancelled, or is shielded from that.
func (a *arguments) wait(onCancel string, begin func() (uint64, error)) (uint64, error) {
	shielded, err := choose("on_cancel", onCancel, waitPolicies)
	if err != nil {
		return 0, err
	}
	id, err := begin()
	if err == nil && shielded {
		err = a.host.Shield(id)
	}
	return id, err
}

// The words of options.
var (
	childVersions  = map[string]history.ChildVersion{"parent": history.ChildParent, "routed": history.ChildRouted}
	closePolicies  = map[string]history.ClosePolicy{"terminate": history.CloseTerminate, "cancel": history.CloseCancel, "abandon": history.CloseAbandon}
	cancelPolicies = map[string]history.CancelPolicy{"wait": history.CancelWait, "abandon": history.CancelAbandon, "ignore": history.CancelIgnore}
	waitPolicies   = map[string]bool{"abandon": false, "ignore": true} // whether a wait is shielded
	nextVersions   = map[string]bool{"routed": false, "same": true}    // whether to keep the version
)

func (a *arguments) startChild() (*future, error) {
	var c runtime.Child
	var input starlark.Value
	var id, version starlark.Value = starlark.None, starlark.None
	var timeout duration
	var set, retry *starlark.Dict
	var whole duration
	onClose, onCancel := "terminate", "wait"
	if err := a.unpack("type", &c.WorkflowType, "input?", &input, "id?", &id, "version?", &version, "on_parent_close?", &onClose,
		"on_cancel?", &onCancel, "timeout?", &timeout, "attributes??", &set, "retry??", &retry, "chain_timeout?", &whole); err != nil {
		return nil, err
	}
	var err error
	switch id := id.(type) {
	case starlark.NoneType:
	case starlark.String:
		if c.WorkflowID = string(id); id == "" {
			return nil, history.CheckWorkflowID("")
		}
	default:
		return nil, fmt.Errorf("%s: for parameter id: got %s, want string", a.name, id.Type())
	}
	if version != starlark.None {
		word, ok := version.(starlark.String)
		if !ok {
			return nil, fmt.Errorf("%s: for parameter version: got %s, want string", a.name, version.Type())
		}
		if c.Version, err = choose("version", string(word), childVersions); err != nil {
			return nil, err
		}
	}
	if c.OnClose, err = choose("on_parent_close", onClose, closePolicies); err != nil {
		return nil, err
	}
	if c.OnCancel, err = choose("on_cancel", onCancel, cancelPolicies); err != nil {
		return nil, err
	}
	if timeout.set && timeout.d == 0 {
		return nil, fmt.Errorf("%s: timeout is 0: it must be more, or be left out", a.name)
	}
	if c.ChainTimeout = whole.d; whole.set && whole.d == 0 {
		return nil, fmt.Errorf("%s: chain_timeout is 0: it must be more, or be left out", a.name)
	}
	if retry != nil {
		var zero string
		if c.Retry, zero, err = retryOf(retry); err != nil {
			return nil, fmt.Errorf("%s: retry: %w", a.name, err)
		} else if zero != "" {
			return nil, fmt.Errorf("%s: %s is 0: it must be more, or be left out", a.name, zero)
		}
	}
	if c.Timeout = timeout.d; set != nil {
		if c.Attributes, err = a.attributes(set); err != nil {
			return nil, err
		}
	}
	if c.Input, err = a.payload("input", input); err != nil {
		return nil, err
	}
	return a.future(a.host.StartChild(c))
}

func (a *arguments) startActivity() (*future, error) {
	var activity runtime.Activity
	var input starlark.Value
	var retry *starlark.Dict
	var timeout, heartbeat, schedule, total duration
	onCancel := "wait"
	if err := a.unpack("name", &activity.Name, "input?", &input, "queue?", &activity.Queue, "retry??", &retry, "timeout?", &timeout, "heartbeat?", &heartbeat,
		"schedule_timeout?", &schedule, "total_timeout?", &total, "on_cancel?", &onCancel); err != nil {
		return nil, err
	}
	activity.Timeout, activity.Heartbeat, activity.ScheduleTimeout, activity.TotalTimeout = timeout.d, heartbeat.d, schedule.d, total.d
	for _, d := range []struct {
		name string
		duration
	}{{"timeout", timeout}, {"heartbeat", heartbeat}, {"schedule_timeout", schedule}, {"total_timeout", total}} {
		if d.set && d.d == 0 {
			activity.Zero = cmp.Or(activity.Zero, d.name)
		}
	}
	var err error
	if retry != nil {
		var zero string
		if activity.Retry, zero, err = retryOf(retry); err != nil {
			return nil, fmt.Errorf("retry: %w", err)
		}
		activity.Zero = cmp.Or(activity.Zero, zero)
	}
	if activity.OnCancel, err = choose("on_cancel", onCancel, cancelPolicies); err != nil {
		return nil, err
	}
	if activity.Input, err = a.payload("input", input); err != nil {
		return nil, err
	}
	return a.future(a.host.StartActivity(activity))
}

// retryOf parses retry = {...}, with the documented defaults. zero names an option that was set to
// 0, where 0 would mean not set.
func retryOf(d *starlark.Dict) (r *history.Retry, zero string, err error) {
	backoff, most := duration{d: history.Duration(1e9)}, duration{d: history.Duration(60e9)}
	r = &history.Retry{Factor: 2}
	for key, value := range d.Entries() {
		name, _ := key.(starlark.String)
		var err error
		switch name {
		case "max_attempts":
			var n int
			if n, err = starlark.AsInt32(value); err == nil && n < 0 {
				err = fmt.Errorf("is %d, it must not be negative", n)
			}
			r.MaxAttempts = uint32(n)
		case "backoff":
			err = backoff.Unpack(value)
		case "max_backoff":
			err = most.Unpack(value)
		case "factor":
			var ok bool
			if r.Factor, ok = starlark.AsFloat(value); !ok {
				err = fmt.Errorf("got %s, want a number", value.Type())
			}
		case "non_retryable":
			r.NonRetryable, err = kinds(value)
		default:
			err = fmt.Errorf("is not one of max_attempts, backoff, factor, max_backoff, non_retryable")
		}
		if err != nil {
			return nil, "", fmt.Errorf("%.50s: %w", key.String(), err)
		}
	}
	r.Backoff, r.MaxBackoff = backoff.d, most.d
	switch {
	case r.Backoff == 0:
		zero = "retry: backoff"
	case r.MaxBackoff == 0:
		zero = "retry: max_backoff"
	case r.Factor == 0:
		zero = "retry: factor"
	}
	return r, zero, nil
}

// kinds parses a list of error kinds.
func kinds(v starlark.Value) (list []string, err error) {
	from, ok := v.(starlark.Sequence)
	if !ok || from.Len() > 100 {
		return nil, fmt.Errorf("want a list of at most 100 strings")
	}
	for elem := range starlark.Elements(from) {
		s, ok := elem.(starlark.String)
		if !ok || len(s) > 200 {
			return nil, fmt.Errorf("want strings of at most 200 bytes, got %s", elem.Type())
		}
		list = append(list, string(s))
	}
	return list, nil
}

// futures parses the argument of what waits for several.
func (a *arguments) futures() ([]*future, []uint64, error) {
	var given starlark.Value
	if err := a.unpack("futures", &given); err != nil {
		return nil, nil, err
	}
	from, ok := given.(starlark.Sequence)
	if !ok {
		return nil, nil, fmt.Errorf("%s: for parameter futures: got %s, want a list of futures", a.name, given.Type())
	}
	if err := a.m.elements(2 * from.Len()); err != nil {
		return nil, nil, err
	}
	list := make([]*future, 0, from.Len())
	ids := make([]uint64, 0, from.Len())
	for elem := range starlark.Elements(from) {
		f, ok := elem.(*future)
		if !ok || f.e != a.execution {
			return nil, nil, fmt.Errorf("%s: element %d is %s, want a future", a.name, len(list), elem.Type())
		}
		list, ids = append(list, f), append(ids, f.id)
	}
	return list, ids, nil
}

func (a *arguments) all() (starlark.Value, error) {
	list, ids, err := a.futures()
	if err != nil {
		return nil, err
	}
	failed, err := a.await(runtime.All, ids, a.args)
	if err != nil {
		return nil, err
	}
	if failed >= 0 {
		return list[failed].resultValue(a.m)
	}
	return a.each(list, (*future).resultValue)
}

// tryAll is all, with outcomes: of the rest as well, if one failed.
func (a *arguments) tryAll() (starlark.Value, error) {
	list, ids, err := a.futures()
	if err != nil {
		return nil, err
	}
	if _, err := a.await(runtime.All, ids, a.args); err != nil {
		return nil, err
	}
	for _, f := range list {
		if !a.host.Future(f.id).Done { // it was asked to end
			if _, err := a.await(runtime.Settled, slices.Clone(ids), a.args); err != nil {
				return nil, err
			}
			break
		}
	}
	return a.each(list, (*future).outcomeValue)
}

// any returns the position of the first that is done.
func (a *arguments) any() (starlark.Value, error) {
	_, ids, err := a.futures()
	if err != nil {
		return nil, err
	}
	first, err := a.await(runtime.Any, ids, a.args)
	return starlark.MakeInt(first), err
}

func (a *arguments) race() (starlark.Value, error) { return a.first((*future).resultValue) }

// tryRace is race, with the outcome.
func (a *arguments) tryRace() (starlark.Value, error) { return a.first((*future).outcomeValue) }

// first races futures, and returns the position of the first with what give makes of it.
func (a *arguments) first(give func(*future, *meter) (starlark.Value, error)) (starlark.Value, error) {
	list, ids, err := a.futures()
	if err != nil {
		return nil, err
	}
	first, err := a.await(runtime.Race, ids, a.args)
	if err != nil {
		return nil, err
	}
	v, err := give(list[first], a.m)
	if err != nil {
		return nil, err
	}
	return starlark.Tuple{starlark.MakeInt(first), v}, a.m.grow(costTuple + 2*costElem)
}

func (a *arguments) settled() (starlark.Value, error) {
	list, ids, err := a.futures()
	if err != nil {
		return nil, err
	}
	if _, err := a.await(runtime.Settled, ids, a.args); err != nil {
		return nil, err
	}
	return a.each(list, (*future).outcomeValue)
}

// each makes a list by calling give for each of the futures, which are done.
func (a *arguments) each(list []*future, give func(*future, *meter) (starlark.Value, error)) (starlark.Value, error) {
	if err := a.m.elements(len(list)); err != nil {
		return nil, err
	}
	values := make([]starlark.Value, len(list))
	for i, f := range list {
		v, err := give(f, a.m)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	return starlark.NewList(values), nil
}
