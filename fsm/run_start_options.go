package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// IfOpen says what a start does when a run of its workflow id and type is open. An open run of
// another type is always in the way.
type IfOpen uint8

// What a start does about an open run; the zero value is the default.
const (
	OpenRefuse    IfOpen = 0 // it is refused
	OpenSignal    IfOpen = 1 // its signal goes to the open run
	OpenUse       IfOpen = 2 // it answers with the open run
	OpenTerminate IfOpen = 3 // the open run is terminated, and the new one starts
)

// IfClosed says whether a start may follow the newest run of its workflow id, when that is closed
// and still kept.
type IfClosed uint8

// After which closed runs a start may come; the zero value is the default.
const (
	ClosedAllow      IfClosed = 0
	ClosedFailedOnly IfClosed = 1 // unless it completed
	ClosedRefuse     IfClosed = 2
)

// StartOptions is what a start asks for beside a run. Level 5.
type StartOptions struct {
	Signal   *StartSignal     `cbor:"1,keyasint,omitempty"`
	IfOpen   IfOpen           `cbor:"2,keyasint,omitempty"`
	IfClosed IfClosed         `cbor:"3,keyasint,omitempty"`
	Delay    history.Duration `cbor:"4,keyasint,omitempty"` // after which the run begins; 0 = at once

	Retry        *history.Retry   `cbor:"5,keyasint,omitempty"` // of the whole run
	ChainTimeout history.Duration `cbor:"6,keyasint,omitempty"` // of the run with all that continue it, or try again; 0 = none
}

// StartSignal is a signal that comes with a start: the run receives it in the entry that starts it.
type StartSignal struct {
	Name       string          `cbor:"1,keyasint"`
	Payload    history.Payload `cbor:"2,keyasint,omitempty"`
	MaxWaiting uint64          `cbor:"3,keyasint"` // as in SignalRun
}

// StartOutcome is what a start came to.
type StartOutcome uint8

// What a start came to.
const (
	OutcomeStarted   StartOutcome = 0
	OutcomeSignalled StartOutcome = 1 // the open run received its signal
	OutcomeUsed      StartOutcome = 2 // a run was open, and nothing has happened
)

// AlreadyClosed refuses a start that may not follow the newest run of its workflow id, and names
// it.
type AlreadyClosed struct {
	WorkflowID string         `cbor:"1,keyasint"`
	RunID      history.RunID  `cbor:"2,keyasint"`
	Status     history.Status `cbor:"3,keyasint"`
}

// Error implements error.
func (r *AlreadyClosed) Error() string {
	return fmt.Sprintf("workflow %s has run before: run %s is %s", catalog.Quote(r.WorkflowID), r.RunID, r.Status)
}

// Code implements Refusal.
func (r *AlreadyClosed) Code() string { return "already_closed" }

// Facts implements Refusal.
func (r *AlreadyClosed) Facts() map[string]any {
	facts := runFacts(r.WorkflowID, r.RunID)
	facts["run_status"] = r.Status.String()
	return facts
}

// flaw says what is wrong with the options, whatever the state.
func (o *StartOptions) flaw() *catalog.InvalidInput {
	switch {
	case o.IfOpen > OpenTerminate:
		return &catalog.InvalidInput{Field: "if_open", Reason: fmt.Sprintf("%d is not known", o.IfOpen)}
	case o.IfClosed > ClosedRefuse:
		return &catalog.InvalidInput{Field: "if_closed", Reason: fmt.Sprintf("%d is not known", o.IfClosed)}
	case o.IfOpen == OpenSignal && o.Signal == nil:
		return &catalog.InvalidInput{Field: "if_open", Reason: "is signal, and there is none"}
	case o.Signal != nil && len(o.Signal.Name) > maxText:
		return tooLong("signal.name", len(o.Signal.Name))
	case o.ChainTimeout < 0:
		return &catalog.InvalidInput{Field: "chain_timeout", Reason: fmt.Sprintf("%s is negative", o.ChainTimeout)}
	case o.Delay < 0:
		return &catalog.InvalidInput{Field: "delay", Reason: fmt.Sprintf("%s is negative", o.Delay)}
	}
	return nil
}

// options are those of a start, all of them zero if it has none.
func (c *StartRun) options() StartOptions {
	if c.Options == nil {
		return StartOptions{}
	}
	return *c.Options
}

// meet carries out what a start says about the open run of its workflow id, as far as it does
// without starting one: then there is an answer or a refusal. Nothing of what only a new run needs
// is looked at before, so a start whose run is open works whatever is deployed.
func (c *StartRun) meet(t *step) (*StartAnswer, Refusal) {
	if c.Options == nil {
		return nil, nil
	}
	o := c.Options
	if t.level() < 5 {
		return nil, &catalog.InvalidInput{Field: "options", Reason: "nodes of an earlier build are not replaced yet"}
	}
	if flaw := o.flaw(); flaw != nil {
		return nil, flaw
	}
	r := t.latest(c.WorkflowID)
	if r == nil || !r.Run.Status.Open() || o.IfOpen == OpenRefuse {
		return nil, nil
	}
	if r.Run.Type != c.Type || !t.who.Only.HasType(r.Run.Type) {
		return nil, &AlreadyRunning{WorkflowID: c.WorkflowID, RunID: r.Run.RunID}
	}
	if o.IfOpen == OpenTerminate {
		return nil, nil
	}
	if refusal := t.ends(r); refusal != nil {
		return nil, refusal
	}
	a := &StartAnswer{WorkflowID: c.WorkflowID, RunID: r.Run.RunID, Version: r.Run.Version, Outcome: OutcomeUsed, BeginsAt: r.Run.BeginsAt}
	if o.IfOpen == OpenUse {
		return a, nil
	}
	if refusal := r.hears(maxVoided); refusal != nil {
		return nil, refusal
	}
	if refusal := r.takesSignal(o.Signal.MaxWaiting, len(o.Signal.Payload)); refusal != nil {
		return nil, refusal
	}
	if refusal := t.mayHave(c.WorkflowID, false); refusal != nil {
		return nil, refusal
	}
	t.append(r, &history.SignalReceived{Name: o.Signal.Name, Payload: o.Signal.Payload})
	a.Outcome = OutcomeSignalled
	return a, nil
}

// inTheWay is why the newest run of the workflow id keeps the start from happening. gives is that
// run if it is open and is terminated first.
func (c *StartRun) inTheWay(t *step) (gives *row, refusal Refusal) {
	o, r := c.options(), t.latest(c.WorkflowID)
	switch {
	case r == nil:
	case r.Run.Status.Open() && o.IfOpen == OpenTerminate:
		if t.fateOf(r) == unknown {
			return nil, &TreeCloses{WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID}
		}
		return r, nil
	case r.Run.Status.Open():
		return nil, &AlreadyRunning{WorkflowID: c.WorkflowID, RunID: r.Run.RunID}
	case o.IfClosed == ClosedRefuse, o.IfClosed == ClosedFailedOnly && r.Run.Status == history.StatusCompleted:
		return nil, &AlreadyClosed{WorkflowID: c.WorkflowID, RunID: r.Run.RunID, Status: r.Run.Status}
	}
	return nil, nil
}

// replaced is the reason with which a start terminates the run in whose place it comes.
const replaced = "another run was started in its place"
