package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// ChangeNamespace changes of a namespace what is not nil, each field by itself: two callers who
// change different quotas at the same moment both have their way. SetNamespace, which it replaces
// from level 7 on, sets all quotas to what its proposer made of those that it had read. Refused:
// not_found, invalid_input.
type ChangeNamespace struct {
	Name        string      `cbor:"1,keyasint"`
	Description *string     `cbor:"2,keyasint,omitempty"`
	Quotas      QuotaChange `cbor:"3,keyasint,omitzero"`
}

// QuotaChange is what to change of quotas; nil = it stays.
type QuotaChange struct {
	OpenRuns        *uint64 `cbor:"1,keyasint,omitempty"`
	StartsPerSecond *uint64 `cbor:"2,keyasint,omitempty"`
	StateBytes      *uint64 `cbor:"3,keyasint,omitempty"`
}

// Of returns quotas as they are after the change.
func (c QuotaChange) Of(q rows.Quotas) rows.Quotas {
	for _, one := range [...]struct{ to, from *uint64 }{{&q.OpenRuns, c.OpenRuns}, {&q.StartsPerSecond, c.StartsPerSecond}, {&q.StateBytes, c.StateBytes}} {
		if one.from != nil {
			*one.to = *one.from
		}
	}
	return q
}

// Kind implements Command.
func (*ChangeNamespace) Kind() Kind { return KindChangeNamespace }

func (c *ChangeNamespace) apply(t *step) (Answer, Refusal) {
	if t.level() < 7 {
		return nil, &catalog.InvalidInput{Field: "quotas", Reason: "nodes of an earlier build are not replaced yet"}
	}
	old := t.s.spaces.of(c.Name)
	if old == nil {
		return nil, &NoNamespace{clip(c.Name)}
	}
	quotas := c.Quotas.Of(old.Quotas)
	return (&SetNamespace{Name: c.Name, Description: c.Description, Quotas: &quotas}).apply(t)
}
