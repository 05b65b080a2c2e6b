package replay

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

var _ runtime.Host = (*ledger)(nil)

// Bounds on what code passes, whatever the limits.
const (
	maxName     = 200                        // characters of the name of a signal, queue, activity or type
	maxDuration = 100 * 365 * 24 * time.Hour // so that a due time never overflows
)

// writable rejects what a query must not do.
func (l *ledger) writable() error {
	if l.reading || l.checking {
		return runtime.ErrReadOnly
	}
	return nil
}

// request is ask, within the limits of a turn, for events that code asks for itself.
func (l *ledger) request(d history.Data) error {
	if l.book.bound && len(l.book.asked) >= l.limits.Asked {
		return runtime.Exceeded("the turn asks for more than %d events", l.limits.Asked)
	}
	return l.ask(d)
}

// Info implements runtime.Host.
func (l *ledger) Info() runtime.Info {
	s := l.started
	i := runtime.Info{WorkflowID: s.WorkflowID, RunID: s.RunID.String(), WorkflowType: s.WorkflowType, Version: l.version.String(), Attempt: max(s.Attempt, 1)}
	if l.book.rules < 3 {
		return i
	}
	i.Whole, i.Events, i.Bytes = true, l.seen, l.bytes
	switch {
	case s.Parent == nil:
		i.Root = &runtime.Link{WorkflowID: i.WorkflowID, RunID: i.RunID}
	case s.Root != nil:
		i.Root = &runtime.Link{WorkflowID: s.Root.WorkflowID, RunID: s.Root.RunID.String()}
	}
	if s.Parent != nil {
		i.Parent = &runtime.Link{WorkflowID: s.Parent.WorkflowID, RunID: s.Parent.RunID.String()}
	}
	b := &l.book
	b.informed = b.informed || !l.reading && !l.checking
	i.Suggested = b.informed && b.suggest
	if b.rules >= 4 {
		i.Fires, i.Schedule, i.FireTime = true, s.Schedule, s.FireTime
	}
	return i
}

// Yield implements runtime.Host.
func (l *ledger) Yield() {
	if l.pace != nil {
		l.pace.Yield(l.ctx)
	}
}

// Now implements runtime.Host.
func (l *ledger) Now() history.Time {
	l.book.timed = l.book.timed || l.book.ahead && !l.reading
	return l.now
}

// Random implements runtime.Host.
func (l *ledger) Random() (uint64, error) {
	if err := l.writable(); err != nil {
		return 0, err
	}
	return l.random.next(), nil
}

// Log implements runtime.Host.
func (l *ledger) Log(msg string) error {
	if l.reading || l.checking || l.book.replay {
		return nil
	}
	most := l.limits.LogBytes
	left := most - min(l.book.logged, most)
	size := len(msg) + 1 // with the end of its line, so that empty ones end, too
	l.book.logged += size
	switch {
	case size <= left:
		l.log(msg)
	case l.book.logged-size <= most: // the first message that does not fit
		l.log(fmt.Sprintf("%s [cut here: a turn logs at most %d bytes, the rest of this one is not shown]", truncate(msg, left), most))
	}
	return nil
}

// StartTimer implements runtime.Host.
func (l *ledger) StartTimer(d history.Duration) (uint64, error) {
	if err := l.writable(); err != nil {
		return 0, err
	}
	if err := checkDuration("duration", d); err != nil {
		return 0, err
	}
	if err := l.checkRoom(&history.TimerStarted{}); err != nil {
		return 0, err
	}
	f, err := l.start(timer, "")
	if err != nil {
		return 0, err
	}
	return f.id, l.request(&history.TimerStarted{ID: f.id, Duration: d})
}

// StartChild implements runtime.Host.
func (l *ledger) StartChild(c runtime.Child) (uint64, error) {
	if err := l.writable(); err != nil {
		return 0, err
	}
	if err := checkName("workflow type", c.WorkflowType); err != nil {
		return 0, err
	}
	if c.WorkflowID != "" {
		if err := history.CheckWorkflowID(c.WorkflowID); err != nil {
			return 0, err
		}
	}
	attributes, err := l.childOptions(&c)
	if err != nil {
		return 0, err
	}
	if err := l.checkRoom(&history.ChildWorkflowStarted{Input: c.Input, Attributes: attributes}); err != nil {
		return 0, err
	}
	if err := l.handOut("input of the child", c.Input); err != nil {
		return 0, err
	}
	f, err := l.start(child, c.WorkflowID)
	if err != nil {
		return 0, err
	}
	if f.name == "" {
		f.name = fmt.Sprintf("%s:%d", l.run, f.id)
	}
	f.alone, f.onCancel = c.OnClose == history.CloseAbandon, l.policy(&c.OnCancel)
	return f.id, l.request(&history.ChildWorkflowStarted{
		ID: f.id, WorkflowID: f.name, WorkflowType: c.WorkflowType, Input: c.Input, OnClose: c.OnClose, Choice: c.Version, OnCancel: c.OnCancel,
		Timeout: c.Timeout, Attributes: attributes, Retry: c.Retry, ChainTimeout: c.ChainTimeout,
	})
}

// maxTimeout bounds the time limit of a run.
const maxTimeout = 10 * 365 * 24 * time.Hour

// childOptions checks what a child is given besides its input, and returns its attributes as they
// are stored.
func (l *ledger) childOptions(c *runtime.Child) (history.Attributes, error) {
	if c.Retry != nil || c.ChainTimeout != 0 {
		if l.book.rules < 4 {
			return nil, errors.New("retry and chain_timeout of children are not known yet to all nodes: the cluster is being upgraded")
		}
		if err := CheckRetry(c.Retry); err != nil {
			return nil, err
		}
		if c.ChainTimeout < 0 || c.ChainTimeout.Std() > maxTimeout {
			return nil, fmt.Errorf("chain_timeout is %s: it must be more than 0s and at most ten years", c.ChainTimeout)
		}
	}
	if c.Timeout == 0 && len(c.Attributes) == 0 {
		return nil, nil
	}
	if l.book.rules < 3 {
		return nil, errors.New("timeout and attributes of children are not known yet to all nodes: the cluster is being upgraded")
	}
	if c.Timeout < 0 || c.Timeout.Std() > maxTimeout {
		return nil, fmt.Errorf("timeout is %s: it must be more than 0s and at most ten years", c.Timeout)
	}
	set, err := canonical(c.Attributes)
	if err != nil {
		return nil, err
	}
	size := 0
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if string(set[name]) == "null" { // nothing is to be removed
			delete(set, name)
			continue
		}
		size += len(name) + len(set[name])
	}
	if size > history.MaxAttributesBytes {
		return nil, fmt.Errorf("the attributes of the child have %d bytes, names included; the limit is %d", size, history.MaxAttributesBytes)
	}
	if len(set) == 0 {
		return nil, nil
	}
	return set, nil
}

// StartActivity implements runtime.Host. An activity that the manifest does not name fails without
// an event.
func (l *ledger) StartActivity(a runtime.Activity) (uint64, error) {
	if err := l.writable(); err != nil {
		return 0, err
	}
	if err := checkActivity(&a); err != nil {
		return 0, err
	}
	if l.declares(a.Name) {
		if err := l.checkRoom(&history.ActivityScheduled{Input: a.Input}); err != nil {
			return 0, err
		}
		if a.Zero != "" && !l.hadScheduled() {
			return 0, fmt.Errorf("%s is 0: it must be more, or be left out", a.Zero)
		}
	}
	if err := l.handOut("input of the activity", a.Input); err != nil {
		return 0, err
	}
	f, err := l.start(activity, a.Name)
	if err != nil {
		return 0, err
	}
	if !l.declares(a.Name) {
		l.resolve(f, runtime.Future{Error: &history.RunError{Kind: history.KindUndeclaredActivity,
			Message: fmt.Sprintf("activity %s is not among the activities that the package's manifest names", catalog.Quote(a.Name))}})
		return f.id, nil
	}
	f.onCancel = l.policy(&a.OnCancel)
	return f.id, l.request(&history.ActivityScheduled{ID: f.id, Activity: a.Name, Queue: a.Queue, Input: a.Input, Retry: a.Retry,
		Timeout: a.Timeout, Heartbeat: a.Heartbeat, ScheduleTimeout: a.ScheduleTimeout, TotalTimeout: a.TotalTimeout, OnCancel: a.OnCancel})
}

// hadScheduled reports whether the turn being replayed scheduled an activity at this point: old
// turns accepted 0, which meant no limit.
func (l *ledger) hadScheduled() bool {
	b := &l.book
	if !b.replay || len(b.asked) >= len(b.recorded) {
		return false
	}
	return b.recorded[len(b.asked)].Data.Type() == history.TypeActivityScheduled
}

func checkActivity(a *runtime.Activity) error {
	if a.Queue == "" {
		a.Queue = "default"
	}
	if err := checkName("activity", a.Name); err != nil {
		return err
	}
	if err := checkName("queue", a.Queue); err != nil {
		return err
	}
	for _, d := range []struct {
		name string
		d    history.Duration
	}{{"timeout", a.Timeout}, {"heartbeat", a.Heartbeat}, {"schedule_timeout", a.ScheduleTimeout}, {"total_timeout", a.TotalTimeout}} {
		if err := checkDuration(d.name, d.d); err != nil {
			return err
		}
	}
	return CheckRetry(a.Retry)
}

// CheckRetry says what is wrong with a retry policy.
func CheckRetry(r *history.Retry) error {
	if r == nil {
		return nil
	}
	if r.Factor != 0 && !(r.Factor >= 1 && r.Factor <= 1000) {
		return fmt.Errorf("retry: factor is %s, it must be between 1 and 1000", strconv.FormatFloat(r.Factor, 'g', -1, 64))
	}
	if err := checkDuration("retry: backoff", r.Backoff); err != nil {
		return err
	}
	return checkDuration("retry: max_backoff", r.MaxBackoff)
}

// SignalWorkflow implements runtime.Host.
func (l *ledger) SignalWorkflow(workflowID, name string, payload history.Payload) error {
	if err := l.writable(); err != nil {
		return err
	}
	if err := history.CheckWorkflowID(workflowID); err != nil {
		return err
	}
	if err := checkName("signal", name); err != nil {
		return err
	}
	if err := l.checkRoom(&history.SignalSent{Payload: payload}); err != nil {
		return err
	}
	if err := l.handOut("payload of the signal", payload); err != nil {
		return err
	}
	return l.request(&history.SignalSent{WorkflowID: workflowID, Name: name, Payload: payload})
}

// Settle implements runtime.Host. Handlers that a request to cancel ends do not tell the code that
// waits for them.
func (l *ledger) Settle() { l.cancel.unheard = !l.cancel.requested || !l.cancel.delivered }

// ContinueAsNew implements runtime.Host. It counts as a wait: a loop that never waits otherwise
// would keep its run from ever noticing a cancellation.
func (l *ledger) ContinueAsNew(input, early history.Payload, same bool) error {
	if l.book.rules < 5 {
		input = early
	}
	if err := l.writable(); err != nil {
		return err
	}
	missed := l.cancel.unheard && l.book.rules >= 5 // a handler has heard of it since
	if l.cancel.requested && (!l.cancel.delivered || missed) {
		l.cancel.unheard = false
		if err := l.deliverCancel(); err != nil {
			return err
		}
		l.cancel.delivered = true
		return l.cancel.err
	}
	if err := l.handOut("input of the next run", input); err != nil {
		return err
	}
	l.next = &history.WorkflowContinuedAsNew{Input: input, Same: same, Carry: l.mail.unread()}
	return errStop
}

func checkName(what, name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > maxName || !utf8.ValidString(name) {
		return fmt.Errorf("the name of the %s, %s, has %d characters; 1 to %d of UTF-8 are allowed", what, catalog.QuoteStart(name, 100), n, maxName)
	}
	return nil
}

func checkDuration(what string, d history.Duration) error {
	switch {
	case d < 0:
		return fmt.Errorf("%s is %s: it must not be negative", what, d)
	case d.Std() > maxDuration:
		return fmt.Errorf("%s is %s, which is longer than 100 years", what, d)
	}
	return nil
}
