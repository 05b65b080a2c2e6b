package workflow

import "time"

// Kinds of start.
const (
	kindTimer     = 1
	kindSignal    = 2
	kindCondition = 3
	kindActivity  = 4
	kindChild     = 5
	kindResult    = 6
)

// Activity lets a worker do something, waits, and returns its output. Nil is no input.
func Activity[Out any](ctx Context, name string, in any, options ...ActivityOption) (Out, error) {
	return StartActivity[Out](ctx, name, in, options...).Get(ctx)
}

// StartActivity is Activity that does not wait.
func StartActivity[Out any](ctx Context, name string, in any, options ...ActivityOption) *Future[Out] {
	return &Future[Out]{future: startActivity(ctx, name, in, options)}
}

func startActivity(ctx Context, name string, in any, options []ActivityOption) future {
	const input = 3
	r := newRecord().text(1, name)
	if b := mustEncode("input of activity ", name, in); b != nil {
		r = r.bytes(input, b)
	}
	for _, o := range options {
		r = o.activity(r)
	}
	if len(options) > 0 {
		r = r.sorted()
	}
	return future{id: start(ctx, kindActivity, r), kind: "activity ", name: name}
}

// Child starts a workflow, waits, and returns its result. Nil is no input.
func Child[Out any](ctx Context, workflowType string, in any, options ...ChildOption) (Out, error) {
	return StartChild[Out](ctx, workflowType, in, options...).Get(ctx)
}

// StartChild is Child that does not wait.
func StartChild[Out any](ctx Context, workflowType string, in any, options ...ChildOption) *Future[Out] {
	return &Future[Out]{future: startChild(ctx, workflowType, in, options)}
}

func startChild(ctx Context, workflowType string, in any, options []ChildOption) future {
	const input = 3
	r := newRecord().text(1, workflowType)
	if b := mustEncode("input of child ", workflowType, in); b != nil {
		r = r.bytes(input, b)
	}
	for _, o := range options {
		r = o.child(r)
	}
	if len(options) > 0 {
		r = r.sorted()
	}
	return future{id: start(ctx, kindChild, r), kind: "child ", name: workflowType}
}

// Sleep waits for that long, at most 100 years. The error says that it was cancelled.
func Sleep(ctx Context, d time.Duration, options ...ShieldOption) error {
	_, err := NewTimer(ctx, d, options...).Get(ctx)
	return err
}

// NewTimer starts a timer.
func NewTimer(ctx Context, d time.Duration, options ...ShieldOption) *Future[None] {
	r := shield(duration(newRecord(), 1, "duration", d), options)
	return &Future[None]{future: future{id: start(ctx, kindTimer, r), kind: "timer"}}
}

// Signal waits for the next signal of a name, and returns its payload. If the time of a Timeout
// runs out, the error is ErrTimeout. Signals are queued: those that came before are received first.
func Signal[T any](ctx Context, name string, options ...WaitOption) (T, error) {
	return StartSignal[T](ctx, name, options...).Get(ctx)
}

// StartSignal is Signal that does not wait.
func StartSignal[T any](ctx Context, name string, options ...WaitOption) *Future[T] {
	r := newRecord().text(1, name)
	for _, o := range options {
		r = o.wait(r)
	}
	if len(options) > 0 {
		r = r.sorted()
	}
	return &Future[T]{future: future{id: start(ctx, kindSignal, r), kind: "signal ", name: name}}
}

// Result waits for what becomes of the newest run of another workflow id, and of those that go on
// in its place, and returns its result. Whoever started it: a handle costs nothing.
func Result[Out any](ctx Context, workflowID string, options ...ShieldOption) (Out, error) {
	return StartResult[Out](ctx, workflowID, options...).Get(ctx)
}

// StartResult is Result that does not wait.
func StartResult[Out any](ctx Context, workflowID string, options ...ShieldOption) *Future[Out] {
	r := shield(newRecord().text(1, workflowID), options)
	return &Future[Out]{future: future{id: start(ctx, kindResult, r), kind: "result of workflow ", name: workflowID}}
}

// shield adds options to a record that has no field beyond theirs.
func shield(r record, options []ShieldOption) record {
	for _, o := range options {
		r = o.shield(r)
	}
	if len(options) > 1 {
		r = r.sorted()
	}
	return r
}
