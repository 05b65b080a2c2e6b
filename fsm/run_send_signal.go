package fsm

import (
	"fmt"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/namespace"
)

// sendSignal delivers a signal from r to the open run of another workflow id, or notes why it
// cannot: nothing inside a turn is refused. A run may signal itself: the signal follows what the
// turn asked for. Where that turn closes the run there is nobody to read it, unless it continues as
// new.
func (t *step) sendSignal(r *row, e *history.SignalSent, last history.Data) {
	e.Error = nil
	to, space := t.latest(e.WorkflowID), namespace.Of(e.WorkflowID)
	_, continues := last.(*history.WorkflowContinuedAsNew)
	switch {
	case to == nil:
		e.Error = &history.RunError{Kind: "not_found", Message: bareText(space, &NotFound{WorkflowID: e.WorkflowID})}
	case !to.Run.Status.Open():
		refusal := &NotRunning{WorkflowID: to.Run.WorkflowID, RunID: to.Run.RunID, Status: to.Run.Status}
		e.Error = &history.RunError{Kind: refusal.Code(), Message: bareText(space, refusal)}
	case to == r && last != nil && !continues:
		e.Error = &history.RunError{Kind: "not_running", Message: fmt.Sprintf("run %s closes in the turn that sends itself this signal", r.Run.RunID)}
	case to != r && t.ends(to) != nil:
		refusal := &NotRunning{WorkflowID: to.Run.WorkflowID, RunID: to.Run.RunID, Status: history.StatusTerminated}
		e.Error = &history.RunError{Kind: refusal.Code(), Message: bareText(space, refusal)}
	default:
		if refusal := to.hears(maxVoidedByRuns); refusal != nil && to != r {
			e.Error = &history.RunError{Kind: refusal.Code(), Message: bareText(space, refusal)}
		} else if refusal := to.takesSignal(r.Limits.Signals, len(e.Payload)); refusal != nil {
			e.Error = &history.RunError{Kind: refusal.Code(), Message: bareText(space, refusal)}
		} else if refusal := t.mayHave(e.WorkflowID, false); refusal != nil {
			e.Error = &history.RunError{Kind: refusal.Code(), Message: refusal.Error()}
		}
	}
	t.append(r, e)
	if e.Error == nil {
		t.deliver(to, &history.SignalReceived{Name: e.Name, Payload: e.Payload, From: r.Run.RunID})
	}
}
