package workflow

import "fmt"

// Messages are handled while all other code of the run waits, by goroutines of their own, in the
// order in which they came. A handler may wait; others begin meanwhile.

type (
	signalHandler func(ctx Context, payload []byte) error
	updateHandler struct {
		handle   func(ctx Context, args []byte) (any, error)
		validate func(args []byte) error // nil = none
	}
	queryHandler func(args []byte) (any, error)
)

// Kinds of handle, and of messages.
const (
	handleSignal    = 1
	handleUpdate    = 2
	handleQuery     = 3
	handleValidator = 4
)

// OnSignal lets fn handle the signals of a name, those too that came before. An error of fn ends
// the run.
func OnSignal[T any](ctx Context, name string, fn func(ctx Context, payload T) error) {
	handle(ctx, handleSignal, name)
	put(&guest.signals, name, func(ctx Context, payload []byte) error {
		v, err := argument[T]("payload of signal ", name, payload)
		if err != nil {
			return err
		}
		return fn(ctx, v)
	})
}

// OnUpdate lets fn answer the updates of a name. An error of fn is the answer, and ends nothing. A
// validator is asked before an update is accepted: if it returns an error, the update is rejected
// and has never happened. It works on a copy of the run's memory, so nothing that it changes
// remains.
func OnUpdate[In, Out any](ctx Context, name string, fn func(ctx Context, args In) (Out, error), validator ...func(args In) error) {
	handle(ctx, handleUpdate, name)
	h := updateHandler{handle: func(ctx Context, args []byte) (any, error) {
		in, err := argument[In]("args of update ", name, args)
		if err != nil {
			return nil, err
		}
		return fn(ctx, in)
	}}
	if len(validator) > 0 {
		h.validate = func(args []byte) error {
			in, err := argument[In]("args of update ", name, args)
			if err != nil {
				return err
			}
			for _, validate := range validator {
				if err := validate(in); err != nil {
					return err
				}
			}
			return nil
		}
		handle(ctx, handleValidator, name)
	}
	put(&guest.updates, name, h)
}

// OnQuery lets fn answer the queries of a name. It works on a copy of the run's memory, so nothing
// that it changes remains.
func OnQuery[In, Out any](ctx Context, name string, fn func(args In) (Out, error)) {
	handle(ctx, handleQuery, name)
	put(&guest.queries, name, func(args []byte) (any, error) {
		in, err := argument[In]("args of query ", name, args)
		if err != nil {
			return nil, err
		}
		return fn(in)
	})
}

func handle(ctx Context, kind int32, name string) {
	scopeOf(ctx)
	ask()
	roomHandle(kind, pointer([]byte(name)), int32(len(name)))
}

func put[H any](handlers *map[string]H, name string, h H) {
	if *handlers == nil {
		*handlers = make(map[string]H)
	}
	(*handlers)[name] = h
}

// message handles a message by new code.
func message(token int64, r record) {
	var kind int64
	var name string
	var payload []byte
	for f, rest, ok := r.next(); ok; f, rest, ok = rest.next() {
		switch f.number {
		case 1:
			kind = f.int()
		case 2:
			name = string(f.value)
		case 3:
			payload = f.value
		}
	}
	admit()
	ctx := &scope{Context: guest.ctx.Context, handler: true}
	perform(token, func() (any, error) {
		if kind == handleUpdate {
			return guest.updates[name].handle(ctx, payload)
		}
		return nil, guest.signals[name](ctx, payload)
	})
	settleAsking()
}

// question answers a query or a validation.
func question(op int32, r record) {
	var name string
	var args []byte
	for f, rest, ok := r.next(); ok; f, rest, ok = rest.next() {
		switch f.number {
		case 1:
			name = string(f.value)
		case 2:
			args = f.value
		}
	}
	what := "a query handler"
	if op == opValidate {
		what = "a validator"
	}
	var o outcome
	ended := look(what, func() {
		o.of("answer", func() (any, error) {
			if op == opQuery {
				return guest.queries[name](args)
			}
			if validate := guest.updates[name].validate; validate != nil {
				return nil, validate(args)
			}
			return nil, nil
		})
	})
	if !ended {
		o.err = fmt.Errorf("%s only reads: it waits for something", what)
	}
	if o.err != nil {
		r := errorRecord(o.err, o.stack)
		roomAnswer(1, pointer(r), int32(len(r)))
		return
	}
	roomAnswer(0, pointer(o.result), int32(len(o.result)))
}
