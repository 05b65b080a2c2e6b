package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// UnloadWhenDrained unloads a version at once if nothing pins it, and otherwise in exactly the
// entry after which nothing does. Runs that start on it meanwhile make that a later entry; a route
// to it takes the request back. Refused: as UnloadVersion, but for version_pinned. Level 1.
type UnloadWhenDrained struct {
	Type    string `cbor:"1,keyasint"`
	Version string `cbor:"2,keyasint"` // full or prefix
	Message string `cbor:"3,keyasint,omitempty"`
}

// CancelUnload takes back what UnloadWhenDrained asked for. Refused: unknown_version,
// invalid_input, invalid_state (nobody asked). Level 1.
type CancelUnload struct {
	Type    string `cbor:"1,keyasint"`
	Version string `cbor:"2,keyasint"`
	Message string `cbor:"3,keyasint,omitempty"`
}

// Kind implements Command.
func (*UnloadWhenDrained) Kind() Kind { return KindUnloadWhenDrained }
func (*CancelUnload) Kind() Kind      { return KindCancelUnload }

func (c *UnloadWhenDrained) apply(t *step) (Answer, Refusal) {
	this := t.unloading(OpUnload, c.Type, c.Version, c.Message)
	if len(c.Message) > maxText {
		return nil, t.refuse(this, tooLong("message", len(c.Message)))
	}
	p, err := t.s.catalog.CheckUnload(c.Type, c.Version)
	if err != nil {
		return nil, t.refuse(this, err)
	}
	by := t.asking(c.Message)
	if t.pinned(p.Version) == (rows.PinCounts{}) {
		if err := t.remove(p, &by); err != nil {
			return nil, t.refuse(this, err)
		}
		return &UnloadAnswer{Version: p.Version, Types: p.Types()}, nil
	}
	if f := t.s.facts[p.Version]; f != nil && f.Asked == nil {
		f.Asked = &by
		t.storeFacts(p.Version, f)
		for _, typ := range p.Types() {
			t.record(rows.DeployRecord{Operation: opUnloadWhenDrained, Type: typ, Version: p.Version, Outcome: OutcomeOK, Message: c.Message})
		}
	}
	return &UnloadAnswer{Version: p.Version, Types: p.Types(), Pending: true}, nil
}

func (c *CancelUnload) apply(t *step) (Answer, Refusal) {
	this := t.unloading(opCancelUnload, c.Type, c.Version, c.Message)
	if len(c.Message) > maxText {
		return nil, t.refuse(this, tooLong("message", len(c.Message)))
	}
	v, err := t.s.catalog.FindFor(c.Type, c.Version)
	if err != nil {
		return nil, t.refuse(this, err)
	}
	p, _ := t.s.catalog.Package(v)
	f := t.s.facts[v]
	if f == nil || f.Asked == nil {
		return nil, t.refuse(this, &NoUnloadAsked{Version: v})
	}
	f.Asked = nil
	t.storeFacts(v, f)
	for _, typ := range p.Types() {
		t.record(rows.DeployRecord{Operation: opCancelUnload, Type: typ, Version: v, Outcome: OutcomeOK, Message: c.Message})
	}
	return &UnloadAnswer{Version: v, Types: p.Types()}, nil
}

// unloadAsked unloads a version, now that it is drained, for who asked.
func (t *step) unloadAsked(p *catalog.Package, by *rows.UnloadAsked) {
	if err := t.remove(p, by); err != nil {
		t.s.fail(err) // a version that no route points at
	}
}

// unloadForgone records that a version is routed, which was to be unloaded.
func (t *step) unloadForgone(p *catalog.Package, by *rows.UnloadAsked) {
	_, err := t.s.catalog.CheckUnload(p.Members[0].Type, p.Version.String())
	why, types := err.(Refusal), p.Types()
	for _, typ := range types {
		t.recordFor(rows.DeployRecord{Operation: OpUnload, Type: typ, Version: p.Version, Outcome: why.Code(), Message: by.Message}, by.Actor, by.RequestID)
	}
	t.announce(feedDeployRefused, deployRefused{Operation: OpUnload, WorkflowType: types[0], Version: p.Version.String(), Code: why.Code(), Detail: why.Error(), refusal: why})
}

// NoUnloadAsked refuses to take back what nobody asked for.
type NoUnloadAsked struct {
	Version catalog.Version `cbor:"1,keyasint"`
}

// Error implements error.
func (r *NoUnloadAsked) Error() string {
	return fmt.Sprintf("nobody asked to unload version %s once it is drained", r.Version)
}

// Code implements Refusal.
func (r *NoUnloadAsked) Code() string { return "invalid_state" }

// Facts implements Refusal.
func (r *NoUnloadAsked) Facts() map[string]any { return map[string]any{"version": r.Version.String()} }
