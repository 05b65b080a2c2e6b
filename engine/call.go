package engine

import (
	"context"
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// Call is what every mutation carries. A nil Request means that the caller gave no key.
type Call struct {
	Request *fsm.Request
	Actor   string
}

// Answered is what every answer to a mutation carries, also a refusal by the state machine.
type Answered struct {
	Index        uint64
	Deduplicated bool
}

// validate refuses what must not reach the log.
func (c Call) validate() error {
	if r := c.Request; r != nil && (r.ID == "" || len(r.ID) > MaxRequestID) {
		return invalid("request_id", "has %d bytes; 1 to %d are allowed", len(r.ID), MaxRequestID)
	}
	return checkText("actor", c.Actor, MaxActor)
}

// propose puts one command before the state machine and returns its answer or its refusal. It does
// not retry.
func propose[A fsm.Answer](ctx context.Context, e *Engine, c Call, cmd fsm.Command) (answer A, a Answered, err error) {
	if err := c.validate(); err != nil {
		return answer, a, err
	}
	res, err := e.cfg.Log.Propose(ctx, fsm.Envelope{Request: c.Request, Actor: c.Actor, Command: cmd})
	if err != nil {
		return answer, a, err
	}
	return outcome[A](c, res)
}

// outcome reads a result that is expected to hold an A.
func outcome[A fsm.Answer](c Call, res fsm.Result) (answer A, a Answered, err error) {
	a = Answered{Index: res.Index, Deduplicated: res.Deduplicated}
	if res.Refusal != nil {
		return answer, a, res.Refusal
	}
	answer, ok := res.Answer.(A)
	if !ok && c.Request != nil { // the same id and print, used for a command of another kind
		return answer, a, &fsm.RequestMismatch{ID: c.Request.ID}
	}
	if !ok {
		return answer, a, fmt.Errorf("engine: the state machine answered with %T instead of %T", res.Answer, answer)
	}
	return answer, a, nil
}

// known returns the first outcome of c's request id, if this node's state has one. Checks that
// depend on state and come before the log ask it before they refuse: a repeated request answers as
// it first did, whatever has changed since.
func (e *Engine) known(c Call) (res fsm.Result, ok bool, err error) {
	if c.Request == nil {
		return res, false, nil
	}
	e.cfg.Log.View(func(v fsm.View) { res, ok = v.Request(*c.Request) })
	if mismatch, other := res.Refusal.(*fsm.RequestMismatch); ok && other {
		return res, false, mismatch
	}
	return res, ok, nil
}

func invalid(field, format string, args ...any) error {
	return &catalog.InvalidInput{Field: field, Reason: fmt.Sprintf(format, args...)}
}

// checkText bounds what people write beside a mutation. It goes into the log.
func checkText(field, text string, limit int) error {
	if len(text) > limit {
		return invalid(field, "has %d bytes, the limit is %d", len(text), limit)
	}
	if flaw := history.TextFlaw(text); flaw != "" {
		return invalid(field, "%s", flaw)
	}
	return nil
}
