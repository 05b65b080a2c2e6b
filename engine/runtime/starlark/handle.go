package starlark

import (
	"fmt"

	"aion.dev/aion/fsm/history"
	"go.starlark.net/starlark"
)

// handle is another workflow, by its id: what code can do with it. It holds nothing of its state.
type handle struct {
	e  *execution
	id string
}

var _ starlark.HasAttrs = (*handle)(nil)

func (h *handle) String() string        { return "<workflow " + h.id + ">" }
func (h *handle) Type() string          { return "workflow" }
func (h *handle) Freeze()               {}
func (h *handle) Truth() starlark.Bool  { return true }
func (h *handle) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable type: %s", h.Type()) }
func (h *handle) AttrNames() []string   { return []string{"cancel", "id", "result", "signal"} }

func (h *handle) Attr(name string) (starlark.Value, error) {
	if name == "id" {
		return starlark.String(h.id), nil
	}
	if fn := handleMethods[name]; fn != nil {
		return fn.BindReceiver(h), nil
	}
	return nil, nil
}

// workflow returns the handle of a workflow. There need not be one.
func (a *arguments) workflow() (starlark.Value, error) {
	var id string
	if err := a.unpack("id", &id); err != nil {
		return nil, err
	}
	if err := history.CheckWorkflowID(id); err != nil {
		return nil, err
	}
	return &handle{a.execution, id}, a.m.grow(4 * costOther)
}

var handleMethods = func() map[string]*starlark.Builtin {
	all := make(map[string]*starlark.Builtin)
	for name, do := range handleFunctions {
		all[name] = starlark.NewBuiltin(name, func(t *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			h := b.Receiver().(*handle)
			return do(&arguments{h.e, meterOf(t), name, args, kwargs}, h.id)
		})
	}
	return all
}()

var handleFunctions = map[string]func(a *arguments, id string) (starlark.Value, error){
	"signal": func(a *arguments, id string) (starlark.Value, error) {
		var name string
		var payload starlark.Value
		if err := a.unpack("name", &name, "payload?", &payload); err != nil {
			return nil, err
		}
		return a.signalWorkflow(id, name, payload)
	},
	"cancel": func(a *arguments, id string) (starlark.Value, error) {
		var reason string
		if err := a.unpack("reason?", &reason); err != nil {
			return nil, err
		}
		return starlark.None, a.host.CancelWorkflow(id, reason)
	},
	"result": func(a *arguments, id string) (starlark.Value, error) {
		onCancel := "abandon"
		if err := a.unpack("on_cancel?", &onCancel); err != nil {
			return nil, err
		}
		f, err := a.future(a.wait(onCancel, func() (uint64, error) { return a.host.StartResult(id) }))
		if err != nil {
			return nil, err
		}
		return f, nil
	},
}

// signalWorkflow sends a signal to the open run of a workflow.
func (a *arguments) signalWorkflow(id, name string, payload starlark.Value) (starlark.Value, error) {
	p, err := a.payload("payload", payload)
	if err != nil {
		return nil, err
	}
	return starlark.None, a.host.SignalWorkflow(id, name, p)
}
