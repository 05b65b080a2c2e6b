package starlark

import (
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// patient is the host as code sees it: if the turn has no room for a call, patient repeats the call
// in the next turn, and code does not notice.
type patient struct {
	runtime.Host
	e *execution
}

func (p patient) Cancelled() (is bool, err error) {
	err = p.e.ask(func() (err error) { is, err = p.Host.Cancelled(); return err })
	return is, err
}

func (p patient) StartTimer(d history.Duration) (id uint64, err error) {
	err = p.e.ask(func() (err error) { id, err = p.Host.StartTimer(d); return err })
	return id, err
}

func (p patient) StartSignal(name string, timeout *history.Duration) (id uint64, err error) {
	err = p.e.ask(func() (err error) { id, err = p.Host.StartSignal(name, timeout); return err })
	return id, err
}

func (p patient) StartChild(c runtime.Child) (id uint64, err error) {
	err = p.e.ask(func() (err error) { id, err = p.Host.StartChild(c); return err })
	return id, err
}

func (p patient) StartActivity(a runtime.Activity) (id uint64, err error) {
	err = p.e.ask(func() (err error) { id, err = p.Host.StartActivity(a); return err })
	return id, err
}

func (p patient) StartCondition(timeout *history.Duration) (id uint64, err error) {
	err = p.e.ask(func() (err error) { id, err = p.Host.StartCondition(timeout); return err })
	return id, err
}

func (p patient) Cancel(id uint64) error {
	return p.e.ask(func() error { return p.Host.Cancel(id) })
}

func (p patient) Answer(updateID string, result history.Payload, failed *history.RunError) error {
	return p.e.ask(func() error { return p.Host.Answer(updateID, result, failed) })
}

func (p patient) SignalWorkflow(workflowID, name string, payload history.Payload) error {
	return p.e.ask(func() error { return p.Host.SignalWorkflow(workflowID, name, payload) })
}

func (p patient) CancelWorkflow(workflowID, reason string) error {
	return p.e.ask(func() error { return p.Host.CancelWorkflow(workflowID, reason) })
}

func (p patient) StartResult(workflowID string) (id uint64, err error) {
	err = p.e.ask(func() (err error) { id, err = p.Host.StartResult(workflowID); return err })
	return id, err
}

func (p patient) SetAttributes(a history.Attributes) error {
	return p.e.ask(func() error { return p.Host.SetAttributes(a) })
}

func (p patient) ContinueAsNew(input, early history.Payload, same bool) error {
	return p.e.ask(func() error { return p.Host.ContinueAsNew(input, early, same) })
}
