package engine

import (
	"context"
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// Call holds what every mutation carries. A nil Request means that the caller gave no request id.
type Call struct {
	Request *fsm.Request
	Actor   string
	Only    *fsm.Scope // what the caller may touch; nil = everything
}

// Answered accompanies every answer to a mutation, including a refusal by the state machine.
type Answered struct {
	Index        uint64
	Deduplicated bool
}

// validate rejects values that must not reach the log.
func (c Call) validate() error {
	if r := c.Request; r != nil && (r.ID == "" || len(r.ID) > MaxRequestID) {
		return invalid("request_id", "has %d bytes; 1 to %d are allowed", len(r.ID), MaxRequestID)
	}
	return checkText("actor", c.Actor, MaxActor)
}

// envelope is cmd, with who asks for it.
func (c Call) envelope(cmd fsm.Command) fsm.Envelope {
	return fsm.Envelope{Request: c.Request, Actor: c.Actor, Only: c.Only, Command: cmd}
}

// propose proposes one command and returns the state machine's answer or refusal. It does not
// retry.
func propose[A fsm.Answer](ctx context.Context, e *Engine, c Call, cmd fsm.Command) (answer A, a Answered, err error) {
	if err := c.validate(); err != nil {
		return answer, a, err
	}
	end := e.traceEntry(ctx, cmd)
	res, err := e.cfg.Log.Propose(ctx, c.envelope(cmd))
	end(res.Index, err)
	if err != nil {
		return answer, a, err
	}
	return outcome[A](c, res)
}

// outcome extracts an answer of type A from a result.
func outcome[A fsm.Answer](c Call, res fsm.Result) (answer A, a Answered, err error) {
	a = Answered{Index: res.Index, Deduplicated: res.Deduplicated}
	if res.Refusal != nil {
		return answer, a, res.Refusal
	}
	answer, ok := res.Answer.(A)
	if !ok && c.Request != nil { // the request id was used before, for a command of another kind
		return answer, a, &fsm.RequestMismatch{ID: c.Request.ID}
	}
	if !ok {
		return answer, a, fmt.Errorf("engine: the state machine answered with %T instead of %T", res.Answer, answer)
	}
	return answer, a, nil
}

// firstOutcome returns the first outcome of c's request id, if this node's state has one. A check
// that runs before the log and depends on state calls it before it refuses, so that a repeated
// request gets its first answer whatever has changed since.
func (e *Engine) firstOutcome(c Call) (res fsm.Result, ok bool, err error) {
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

// checkText bounds text that people attach to a mutation, because it goes into the log.
func checkText(field, text string, limit int) error {
	if len(text) > limit {
		return invalid(field, "has %d bytes, the limit is %d", len(text), limit)
	}
	if flaw := history.TextFlaw(text); flaw != "" {
		return invalid(field, "%s", flaw)
	}
	return nil
}
