package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// StartRun starts a run on the version that its type is routed to when this is applied, or on
// exactly Version; or does with the open run of its workflow id what Options say. Refused:
// unknown_workflow_type (no route), unknown_version, already_running (naming the open run),
// already_closed (naming the newest run), stopped (the type or the version is), resource_exhausted
// (a quota is reached), and Recheck when the version it resolves to has an input schema other than
// CheckedSchema. A signal is refused as by SignalRun.
type StartRun struct {
	WorkflowID    string             `cbor:"1,keyasint"`
	RunID         history.RunID      `cbor:"2,keyasint"`
	Type          string             `cbor:"3,keyasint"`
	Version       string             `cbor:"4,keyasint,omitempty"` // full or prefix; empty = the routed one
	Input         history.Payload    `cbor:"5,keyasint,omitempty"`
	Attributes    history.Attributes `cbor:"6,keyasint,omitempty"`
	Timeout       history.Duration   `cbor:"7,keyasint,omitempty"` // 0 = the member's
	CheckedSchema catalog.Digest     `cbor:"8,keyasint,omitzero"`  // digest of the schema that Input was checked against; zero = none
	Options       *StartOptions      `cbor:"9,keyasint,omitempty"` // nil = none; level 5
}

// StartAnswer names the run, which was open before unless Outcome says that it was started.
type StartAnswer struct {
	WorkflowID string          `cbor:"1,keyasint"`
	RunID      history.RunID   `cbor:"2,keyasint"`
	Version    catalog.Version `cbor:"3,keyasint"`
	Outcome    StartOutcome    `cbor:"4,keyasint,omitempty"`
	Terminated history.RunID   `cbor:"5,keyasint,omitzero"`  // the run in whose place it was started
	BeginsAt   history.Time    `cbor:"6,keyasint,omitempty"` // when its delay is over; 0 = it has none
}

// Kind implements Command.
func (*StartRun) Kind() Kind { return KindStartRun }
func (*StartAnswer) answer() {}

func (c *StartRun) apply(t *step) (Answer, Refusal) {
	if err := checkWorkflowID(c.WorkflowID); err != nil {
		return nil, &catalog.InvalidInput{Field: "workflow_id", Reason: err.Error()}
	}
	if a, refusal := c.meet(t); refusal != nil {
		return nil, refusal
	} else if a != nil {
		return a, nil
	}
	version, member, refusal := t.choose(c)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := t.startable(c, member); refusal != nil {
		return nil, refusal
	}
	if refusal := t.stopped(c.Type, version); refusal != nil {
		return nil, refusal
	}
	gives, _ := c.inTheWay(t)
	if refusal := t.mayOpen(c.Type, 0, gives); refusal != nil {
		return nil, refusal
	}
	return t.startOn(c, version, member), nil
}

// startable refuses a start on a version whose member for the type is known.
func (t *step) startable(c *StartRun, member *catalog.Member) Refusal {
	gives, refusal := c.inTheWay(t)
	if refusal != nil {
		return refusal
	}
	if c.RunID.IsZero() || t.run(c.RunID) != nil {
		return &catalog.InvalidInput{Field: "run_id", Reason: fmt.Sprintf("%s is taken", c.RunID)}
	}
	if c.Timeout < 0 {
		return &catalog.InvalidInput{Field: "timeout", Reason: fmt.Sprintf("%s is negative", c.Timeout)}
	}
	if c.CheckedSchema != member.InputSchema {
		return &Recheck{Type: c.Type, Schema: member.InputSchema}
	}
	return t.mayStart(c.WorkflowID, gives == nil)
}

// startOn carries out a start that nothing refuses.
func (t *step) startOn(c *StartRun, version catalog.Version, member *catalog.Member) *StartAnswer {
	o, a := c.options(), &StartAnswer{WorkflowID: c.WorkflowID, RunID: c.RunID, Version: version}
	if gives, _ := c.inTheWay(t); gives != nil {
		a.Terminated = gives.Run.RunID
		t.shut(gives, &history.WorkflowTerminated{Reason: replaced})
	}
	t.startCounts(c.WorkflowID)
	r := t.start(birth{
		workflowID: c.WorkflowID, runID: c.RunID, version: version, member: member, input: c.Input, attributes: c.Attributes, timeout: c.Timeout, attempt: 1,
		delay: o.Delay, chain: firstOfChain(o.Retry, o.ChainTimeout),
	})
	if o.Signal != nil {
		t.append(r, &history.SignalReceived{Name: o.Signal.Name, Payload: o.Signal.Payload})
	}
	a.BeginsAt = r.Run.BeginsAt
	return a
}

// choose resolves the version now, in the step that starts the run: no route can change in between.
func (t *step) choose(c *StartRun) (catalog.Version, *catalog.Member, Refusal) {
	cat := t.s.catalog
	if c.Version == "" {
		version, _, member, ok := cat.ResolveFor(c.Type, StartLot(c.WorkflowID, c.Attributes))
		if !ok {
			return catalog.Version{}, nil, cat.UnknownType(c.Type)
		}
		return version, member, nil
	}
	v, err := cat.FindFor(c.Type, c.Version)
	if err != nil {
		return v, nil, err.(Refusal)
	}
	p, _ := cat.Package(v)
	member, _ := p.Member(c.Type)
	return v, member, nil
}
