package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// InputCheck is what whoever made a turn found about an input that the turn hands on: whether it
// fits the input schema of the version that it is for. Apply never looks into a schema.
type InputCheck struct {
	ID     uint64         `cbor:"1,keyasint,omitempty"` // of the child; 0 = the run that goes on
	Schema catalog.Digest `cbor:"2,keyasint"`           // that it was checked against
	Flaw   string         `cbor:"3,keyasint,omitempty"` // why it does not fit; empty = it does
}

// checked reports whether the inputs that the turn hands on were checked against the schemas that
// they meet now. It changes nothing. Turns of earlier builds were not checked.
func (c *RecordTurn) checked(t *step, r *row) Refusal {
	t.flaws = nil
	if !c.Checked {
		return nil
	}
	known := make(map[uint64]*InputCheck, len(c.Checks))
	for i := range c.Checks {
		known[c.Checks[i].ID] = &c.Checks[i]
	}
	for _, e := range c.Asked {
		id, typ := uint64(0), r.Run.Type
		var member *catalog.Member
		switch e := e.Data.(type) {
		case *history.ChildWorkflowStarted:
			id, typ = e.ID, e.WorkflowType
			_, member, _ = ChildVersion(t.s.catalog, r.Run.Version, e, t.lot(r))
		case *history.WorkflowContinuedAsNew:
			if p, ok := t.s.catalog.Package(NextVersion(t.s.catalog, &r.Run, e, t.lot(r))); ok {
				member, _ = p.Member(r.Run.Type)
			}
		}
		if member == nil || member.InputSchema.IsZero() {
			continue
		}
		check := known[id]
		if check == nil || check.Schema != member.InputSchema {
			return &Recheck{Type: typ, Schema: member.InputSchema}
		}
		if check.Flaw != "" {
			if t.flaws == nil {
				t.flaws = make(map[uint64]string)
			}
			t.flaws[id] = check.Flaw
		}
	}
	return nil
}
