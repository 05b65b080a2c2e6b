package workflow

// SignalWorkflow sends a signal to the open run of another workflow id. If there is none, the
// history says so.
func SignalWorkflow(ctx Context, workflowID, name string, payload any) {
	const signal = 1
	scopeOf(ctx)
	r := record(nil).text(1, workflowID).text(2, name)
	if b := mustEncode("payload of signal ", name, payload); b != nil {
		r = r.bytes(3, b)
	}
	ask()
	roomTell(signal, pointer(r), int32(len(r)))
}

// CancelWorkflow asks the open run of another workflow id to end, as a caller can. It is no error
// if there is none.
func CancelWorkflow(ctx Context, workflowID, reason string) {
	const end = 3
	scopeOf(ctx)
	r := record(nil).text(1, workflowID).text(2, reason)
	ask()
	roomTell(end, pointer(r), int32(len(r)))
}

// SetAttributes sets what the run is found by. Nil removes one.
func SetAttributes(ctx Context, attributes Attributes) {
	const set = 2
	scopeOf(ctx)
	r := attributes.fields(nil, 1, 2)
	ask()
	roomTell(set, pointer(r), int32(len(r)))
}

// ContinueOption is an option of ContinueAsNew: SameVersion.
type ContinueOption bool

// SameVersion keeps the version of the code, instead of taking the routed one.
const SameVersion ContinueOption = true

// ContinueAsNew ends this run and starts the next one of its workflow id with another input, after
// all handlers have ended. It does not return: nothing after it runs, deferred functions neither.
// The input is taken then: give a pointer, if handlers may change until then what the next run has
// to know. Its result is there for
//
//	return out, workflow.ContinueAsNew(ctx, next)
func ContinueAsNew(ctx Context, input any, options ...ContinueOption) error {
	if scopeOf(ctx).handler {
		panic(misuse("a handler cannot continue the run as a new one: let the entry function do so, for the handlers have to end first"))
	}
	await(guest.ctx, waitIdle, nil)
	b := mustEncode("input", "", input) // handlers may have changed what it is made of
	same := int32(0)
	for _, o := range options {
		if o == SameVersion {
			same = 1
		}
	}
	roomContinue(same, pointer(b), int32(len(b)))
	panic(misuse("the room went on after the run had continued as a new one"))
}
