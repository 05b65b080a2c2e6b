package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// The most that one deployment may change, whatever a node's configuration: it is one entry.
const (
	MaxChanges      = 256
	MaxChangedTypes = 2048 // workflow types of all its changes together; MaxDeploySignatures is a third bound
)

// Deploy carries out changes in order, all of them or none: nobody ever sees some of them without
// the others. Refused: ChangeRefused, with the refusal of the first change that is; route_conflict
// of a condition; Recheck of a schedule. A change of a kind that is not among those of Change is
// not known to this build.
type Deploy struct {
	Changes []Change         `cbor:"1,keyasint"`
	Expect  []catalog.Expect `cbor:"2,keyasint,omitempty"` // conditions on the routes before the first change
	Message string           `cbor:"3,keyasint,omitempty"` // for the deploy history
}

// Change is one change of a deployment: exactly one field is set. Each is the command that makes
// the same change alone; its records and events are those of that command.
type Change struct {
	Load     *LoadPackage   `cbor:"1,keyasint,omitempty"`
	Route    *RouteType     `cbor:"2,keyasint,omitempty"`
	Unroute  *UnrouteType   `cbor:"3,keyasint,omitempty"`
	Unload   *UnloadVersion `cbor:"4,keyasint,omitempty"`
	Schedule *PutSchedule   `cbor:"5,keyasint,omitempty"` // makes or replaces it, whatever Replace says
	Canary   *SetCanary     `cbor:"6,keyasint,omitempty"` // level 2
}

// DeployAnswer has the answer of each change, in their order.
type DeployAnswer struct {
	Changes []ChangeAnswer `cbor:"1,keyasint"`
}

// ChangeAnswer is the answer of one change: exactly one field is set.
type ChangeAnswer struct {
	Load     *LoadAnswer     `cbor:"1,keyasint,omitempty"`
	Route    *RouteAnswer    `cbor:"2,keyasint,omitempty"` // also of an unroute
	Unload   *UnloadAnswer   `cbor:"3,keyasint,omitempty"`
	Schedule *ScheduleAnswer `cbor:"4,keyasint,omitempty"`
	Canary   *CanaryAnswer   `cbor:"5,keyasint,omitempty"`
}

// ChangeRefused refuses a deployment for one of its changes.
type ChangeRefused struct {
	Change  uint32 `cbor:"1,keyasint"` // place among the changes, from 0
	Op      string `cbor:"2,keyasint"`
	Outcome []byte `cbor:"3,keyasint"` // why, as encodeOutcome writes it
}

// Kind implements Command.
func (*Deploy) Kind() Kind    { return KindDeploy }
func (*DeployAnswer) answer() {}

// Op is the name of what a change does; empty if it does nothing.
func (c *Change) Op() string {
	switch {
	case c.Load != nil:
		return opLoad
	case c.Route != nil:
		return opRoute
	case c.Unroute != nil:
		return opUnroute
	case c.Unload != nil:
		return OpUnload
	case c.Schedule != nil:
		return "schedule"
	case c.Canary != nil:
		return opCanary
	}
	return ""
}

// Types is how many workflow types a change concerns.
func (c *Change) Types() int {
	if c.Load != nil {
		return len(c.Load.Package.Members)
	}
	return 1
}

// Reason is the refusal of the change.
func (r *ChangeRefused) Reason() Refusal {
	result, err := decodeOutcome(r.Outcome)
	if err != nil || result.Refusal == nil {
		return &catalog.InvalidInput{Field: "changes", Reason: fmt.Sprintf("%x is not known to this build", r.Outcome)}
	}
	return result.Refusal
}

func (r *ChangeRefused) Error() string {
	return fmt.Sprintf("changes[%d] (%s): %s", r.Change, r.Op, r.Reason().Error())
}

// Code implements Refusal: it is that of the change.
func (r *ChangeRefused) Code() string { return r.Reason().Code() }

// Facts implements Refusal: those of the change, and which it is.
func (r *ChangeRefused) Facts() map[string]any {
	facts := map[string]any{"change": r.Change, "op": r.Op}
	for name, value := range r.Reason().Facts() { // any order: it fills a map
		if _, taken := facts[name]; !taken {
			facts[name] = value
		}
	}
	return facts
}

// apply rehearses all changes on a copy, which may refuse them, and then carries them out, which
// cannot: a rehearsal checks everything that a command checks.
func (c *Deploy) apply(t *step) (Answer, Refusal) {
	for i := range c.Changes {
		if load := c.Changes[i].Load; load != nil {
			if refusal := t.gate(load); refusal != nil {
				return nil, refusal
			}
		}
	}
	rehearsed := &rehearsal{
		catalog: t.s.catalog.Clone(), index: t.index, now: t.now, level: t.level(), schedules: t.meta.Schedules, put: map[string]bool{},
		pinned: t.pinned, holders: func(v catalog.Version) []PinHolder { return t.first(v, 10) },
		schedule: func(id string) *rows.Schedule {
			if s := t.readSchedule(id); s != nil {
				return &s.Schedule
			}
			return nil
		},
		canary: func(typ string) *rows.Canary { return t.s.canaries[typ] }, canaries: map[string]*rows.Canary{},
		signing: t.signing(), signatures: t.signatures, signed: map[catalog.Version][]rows.VersionSignature{},
	}
	if _, refused := rehearsed.deploy(c); refused != nil {
		if _, again := refused.err.(*Recheck); again {
			return nil, refused.err
		}
		t.refuse(t.concerned(c, refused), refused.err)
		return nil, refused.asRefusal(c)
	}
	answer := new(DeployAnswer)
	for i := range c.Changes {
		a, refusal := c.Changes[i].apply(t)
		if refusal != nil { // the changes before it are made: this state must not become anybody's
			t.Fail(fmt.Errorf("changes[%d] (%s) of a deployment was rehearsed and is refused: %w", i, c.Changes[i].Op(), refusal))
			return nil, refusal
		}
		answer.Changes = append(answer.Changes, a)
	}
	return answer, nil
}

// apply carries out one change.
func (c *Change) apply(t *step) (a ChangeAnswer, refusal Refusal) {
	var answer Answer
	switch {
	case c.Load != nil:
		answer, refusal = c.Load.apply(t)
	case c.Route != nil:
		answer, refusal = c.Route.apply(t)
	case c.Unroute != nil:
		answer, refusal = c.Unroute.apply(t)
	case c.Unload != nil:
		answer, refusal = c.Unload.apply(t)
	case c.Schedule != nil:
		put := *c.Schedule
		put.Replace = t.readSchedule(put.Schedule.ID) != nil
		answer, refusal = put.apply(t)
	case c.Canary != nil:
		answer, refusal = c.Canary.apply(t)
	}
	if refusal == nil {
		a.set(answer)
	}
	return a, refusal
}

func (a *ChangeAnswer) set(answer Answer) {
	switch answer := answer.(type) {
	case *LoadAnswer:
		a.Load = answer
	case *RouteAnswer:
		a.Route = answer
	case *UnloadAnswer:
		a.Unload = answer
	case *ScheduleAnswer:
		a.Schedule = answer
	case *CanaryAnswer:
		a.Canary = answer
	}
}

// concerned is what a refused deployment concerns, for the deploy history: its change that was
// refused, or the type of its condition.
func (t *step) concerned(c *Deploy, refused *refusedChange) deploy {
	this := deploy{operation: opDeployment, message: c.Message}
	if refused.change < 0 {
		for _, x := range c.Expect {
			this.types = append(this.types, x.Type)
		}
		return this
	}
	change := &c.Changes[refused.change]
	this.operation = change.Op()
	switch {
	case change.Load != nil:
		this.types, this.version = change.Load.Package.Types(), change.Load.Package.Version
	case change.Route != nil:
		this.types, this.ref = []string{change.Route.Type}, change.Route.Version
	case change.Unroute != nil:
		this.types = []string{change.Unroute.Type}
	case change.Unload != nil:
		this.types, this.ref = []string{change.Unload.Type}, change.Unload.Version
	case change.Schedule != nil:
		this.types = []string{change.Schedule.Schedule.Type}
	case change.Canary != nil:
		this.types, this.ref = []string{change.Canary.Type}, change.Canary.Version
	default:
		this.operation = opDeployment
	}
	if this.ref != "" {
		this.version = t.named(this.types[0], this.ref)
	}
	return this
}
