package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// UnloadVersion removes a whole package, for good, if no route points at it and nothing pins it:
// check and removal are one step. Refused: unknown_version, invalid_input (prefix), route_active
// (naming the types), version_pinned (counts and first holders).
type UnloadVersion struct {
	Type    string `cbor:"1,keyasint"`
	Version string `cbor:"2,keyasint"` // full or prefix
	Message string `cbor:"3,keyasint,omitempty"`
}

// UnloadAnswer names what is gone.
type UnloadAnswer struct {
	Version catalog.Version `cbor:"1,keyasint"`
	Types   []string        `cbor:"2,keyasint"`
	Pending bool            `cbor:"3,keyasint,omitempty"` // it is still there, and goes when it is drained
}

// Kind implements Command.
func (*UnloadVersion) Kind() Kind { return KindUnloadVersion }
func (*UnloadAnswer) answer()     {}

func (c *UnloadVersion) apply(t *step) (Answer, Refusal) {
	this := t.unloading(OpUnload, c.Type, c.Version, c.Message)
	v := this.version
	if len(c.Message) > maxText {
		return nil, t.refuse(this, tooLong("message", len(c.Message)))
	}
	p, err := t.s.catalog.CheckUnload(c.Type, c.Version)
	if err != nil {
		return nil, t.refuse(this, err)
	}
	if counts := t.pinned(v); counts.Total() > 0 {
		return nil, t.refuse(this, &VersionPinned{Version: v, Counts: counts, Holders: t.first(v, 10)})
	}
	by := t.asking(c.Message)
	if err := t.remove(p, &by); err != nil {
		return nil, t.refuse(this, err)
	}
	return &UnloadAnswer{Version: v, Types: p.Types()}, nil
}

// unloading is what an operation on a whole package concerns, for the record of its refusal.
func (t *step) unloading(operation, typ, ref, message string) deploy {
	this := deploy{operation, []string{typ}, t.named(typ, ref), ref, message}
	if p, ok := t.s.catalog.Package(this.version); ok {
		if _, carries := p.Member(typ); carries {
			this.types = p.Types()
		}
	}
	return this
}

// asking is who asks for an unload now.
func (t *step) asking(message string) rows.UnloadAsked {
	by := rows.UnloadAsked{Actor: t.who.Actor, Message: message, Index: t.index, At: t.now}
	if t.who.Request != nil {
		by.RequestID = t.who.Request.ID
	}
	return by
}

// remove unloads a package that no route points at and nothing pins, for good.
func (t *step) remove(p *catalog.Package, by *rows.UnloadAsked) error {
	v, types := p.Version, p.Types()
	t.stays(v)
	if f := t.s.facts[v]; f != nil && (t.letGo(v) || t.moves.in[v]) { // drained by this entry, too
		f.Asked = nil
		t.settleOne(v)
	}
	if err := t.s.catalog.Remove(v); err != nil {
		return err
	}
	t.Del(rows.VersionKey(rows.FamilyPackage, v))
	t.forgetSignatures(v)
	t.forgetPins(v)
	t.forgetCounts(p)
	t.forgetFingerprints(p)
	t.forgetReadiness(v)
	t.forgetFacts(v)
	for _, typ := range types {
		t.recordFor(rows.DeployRecord{Operation: OpUnload, Type: typ, Version: v, Outcome: OutcomeOK, Message: by.Message}, by.Actor, by.RequestID)
	}
	t.announce(feedVersionUnloaded, versionUnloaded{v, types})
	return nil
}
