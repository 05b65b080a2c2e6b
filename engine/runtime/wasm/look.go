package wasm

import (
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// Query implements runtime.Execution. The handler runs on a copy.
func (e *execution) Query(name string, args history.Payload) (result history.Payload, found bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.crash != nil {
		return nil, false, errNotUsable
	}
	if !e.queries.has(name) {
		return nil, false, nil
	}
	a, err := e.look(opQuery, name, args)
	if err != nil {
		return nil, true, err
	}
	if a.failed != nil {
		return nil, true, a.failed
	}
	if result = a.result; len(result) == 0 {
		result = history.Payload("null")
	}
	if !result.Valid() {
		return nil, true, &history.RunError{Kind: history.KindFailed, Message: "the guest broke its contract: the answer is no JSON"}
	}
	return result, true, nil
}

// Validate implements runtime.Execution.
func (e *execution) Validate(name string, args history.Payload) (found, asked bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.crash != nil {
		return false, false, errNotUsable
	}
	if !e.updates.has(name) || !e.validators.has(name) {
		return e.updates.has(name), false, nil
	}
	a, err := e.look(opValidate, name, args)
	if err == nil && a.failed != nil {
		err = a.failed
	}
	return true, true, err
}

// look enters a copy of the run, which is dropped afterwards.
func (e *execution) look(op op, name string, args history.Payload) (*answered, error) {
	now := e.parked
	if e.inst != nil {
		now = e.inst.park()
	} else if e.end != nil && now == nil {
		return &answered{failed: &history.RunError{Kind: history.KindFailed, Message: "the code was stopped in the middle of a turn, and answers nothing any more"}}, nil
	}
	i, err := e.guest.borrow()
	if err != nil {
		return nil, e.fatal(&runtime.Crash{Value: err})
	}
	if now != nil {
		i.restore(now)
	}
	copied := &execution{guest: e.guest, host: e.host, limits: e.limits, reading: true, inst: i,
		codes: map[int64]*runtime.Message{}, yield: func(struct{}) bool { return false }}
	i.run = copied
	defer e.guest.giveBack(i)
	if err := e.use(i); err != nil {
		return nil, e.fatal(err)
	}
	i.allow(e.limits.Steps*unitsPerStep, e.limits.MemoryBytes)
	copied.offer = record(nil).text(1, name).payload(2, args)
	err = i.do(op, 0, 0, len(copied.offer))
	e.unuse()
	if cause := i.interrupted(); cause != nil {
		return nil, e.fatal(cause)
	}
	if err != nil {
		if copied.halted != nil {
			err = copied.halted
		}
		failed, _, crash := copied.explain(err)
		if crash != nil {
			return nil, e.fatal(crash)
		}
		return &answered{failed: failed}, nil
	}
	if copied.answered == nil {
		message := "the guest broke its contract: it does not answer"
		if e.guest.script != nil && op == opQuery {
			message = "a query handler only reads: it waits for something"
		} else if e.guest.script != nil {
			message = "a validator only reads: it waits for something"
		}
		return &answered{failed: &history.RunError{Kind: history.KindFailed, Message: message}}, nil
	}
	return copied.answered, nil
}
