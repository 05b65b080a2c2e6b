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
}

// Kind implements Command.
func (*UnloadVersion) Kind() Kind { return KindUnloadVersion }
func (*UnloadAnswer) answer()     {}

func (c *UnloadVersion) apply(t *step) (Answer, Refusal) {
	v := t.named(c.Type, c.Version)
	this := deploy{OpUnload, []string{c.Type}, v, c.Version, c.Message}
	if p, ok := t.s.catalog.Package(v); ok {
		if _, carries := p.Member(c.Type); carries {
			this.types = p.Types()
		}
	}
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
	types := p.Types()
	if err := t.s.catalog.Remove(v); err != nil {
		return nil, t.refuse(this, err)
	}
	t.Del(rows.VersionKey(rows.FamilyPackage, v))
	t.forgetPins(v)
	t.forgetCounts(p)
	t.forgetReadiness(v)
	for _, typ := range types {
		t.record(rows.DeployRecord{Operation: OpUnload, Type: typ, Version: v, Outcome: OutcomeOK, Message: c.Message})
	}
	t.announce(feedVersionUnloaded, versionUnloaded{v, types})
	return &UnloadAnswer{Version: v, Types: types}, nil
}
