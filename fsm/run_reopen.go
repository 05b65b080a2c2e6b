package fsm

import (
	"fmt"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// ReopenRun opens a closed run again, as it stood before the turn that closed it. What it has to
// forget and to take up again was found by replay before the log; Events fences that. Refused:
// not_found, invalid_state (open, completed or continued as new; not the newest run of its id),
// version_unavailable, already_running, stopped, and Fenced when the history has grown meanwhile,
// and resource_exhausted when it was reopened a thousand times.
type ReopenRun struct {
	Run    RunRef   `cbor:"1,keyasint"`
	Reason string   `cbor:"2,keyasint,omitempty"`
	Events uint64   `cbor:"3,keyasint"`           // seq of the newest event that was looked at
	Turn   uint64   `cbor:"4,keyasint,omitempty"` // the turn that closed the run and is void from now on; 0 = none did
	Forget []uint64 `cbor:"5,keyasint,omitempty"` // ordinals whose outcome is void: failed ones that code has not acted on
	Again  []Again  `cbor:"6,keyasint,omitempty"` // what must be under way again, by ordinal: everything without an outcome, forgotten ones included
	Rules  uint64   `cbor:"7,keyasint,omitempty"` // of history.Rules: by which activities are offered again

	ForgetCancel bool `cbor:"9,keyasint,omitempty"` // the request to cancel is void, although turns have seen it: code does not know of it

	On catalog.Version `cbor:"8,keyasint,omitzero"` // the version on which the turns before Turn were replayed, and on which the run goes on; zero = its own
}

// Again is one timer, activity or child to be taken up again.
type Again struct {
	ID  uint64 `cbor:"1,keyasint"`
	Seq uint64 `cbor:"2,keyasint"` // of the event that asked for it: TimerStarted, ActivityScheduled or ChildWorkflowStarted

	Asked bool `cbor:"3,keyasint,omitempty"` // it was asked to end before: it ends as cancelled if nobody has it in hand
}

// NotNewest refuses to reopen a run after which the same workflow id was started again.
type NotNewest struct {
	WorkflowID string        `cbor:"1,keyasint"`
	RunID      history.RunID `cbor:"2,keyasint"`
	Newest     history.RunID `cbor:"3,keyasint"`
}

func (r *NotNewest) Error() string {
	return "run " + r.RunID.String() + " of workflow \"" + r.WorkflowID + "\" is not its newest: run " + r.Newest.String() + " was started after it"
}
func (r *NotNewest) Code() string { return "invalid_state" }
func (r *NotNewest) Facts() map[string]any {
	facts := runFacts(r.WorkflowID, r.RunID)
	facts["newest_run_id"] = r.Newest.String()
	return facts
}

// Kind implements Command.
func (*ReopenRun) Kind() Kind { return KindReopenRun }

// againCost is what taking one thing up again costs: most are children, which start anew.
const againCost = 10

// maxReopened is how often one run may be reopened.
const maxReopened = 1000

func (c *ReopenRun) apply(t *step) (Answer, Refusal) {
	if len(c.Reason) > maxText {
		return nil, tooLong("reason", len(c.Reason))
	}
	r, refusal := t.resolve(c.Run)
	if refusal != nil {
		return nil, refusal
	}
	on := c.On
	if on.IsZero() {
		on = r.Run.Version
	} else if t.level() < 2 {
		return nil, &Fenced{RunID: r.Run.RunID, Why: "nodes of an earlier build are not replaced yet"}
	}
	if refusal := t.reopenable(r, on); refusal != nil {
		return nil, refusal
	}
	if refusal := t.stopped(r.Run.Type, on); refusal != nil {
		return nil, refusal
	}
	if refusal := t.mayOpen(r.Run.Type, r.Depth, nil); refusal != nil {
		return nil, refusal
	}
	if refusal := t.mayHave(r.Run.WorkflowID, true); refusal != nil {
		return nil, refusal
	}
	if limit := t.budget / againCost; limit > 0 && uint64(len(c.Again)) > limit {
		return nil, &ResourceExhausted{What: "timers, activities and children that a reopening takes up again", Limit: limit}
	}
	if c.Events != r.Run.Events {
		return nil, &Fenced{RunID: r.Run.RunID, Why: fmt.Sprintf("to be reopened after event %d, but its newest is %d", c.Events, r.Run.Events)}
	}
	if c.later() && t.level() < 4 {
		return nil, &Fenced{RunID: r.Run.RunID, Why: "nodes of an earlier build are not replaced yet"}
	}
	begun, why := c.check(t, r)
	if why != "" {
		return nil, &catalog.InvalidInput{Field: "again", Reason: why}
	}
	t.rules = c.Rules
	from := r.Run.Version
	if on != from {
		t.relocate(r, on)
	}
	t.reopen(r, c, begun)
	if on != from {
		t.moved(r, from)
		t.countStarted(r) // how it ended on the old version stays counted there
	}
	return r.answer(), nil
}

// reopenable says why r cannot be opened again now, on a version.
func (t *step) reopenable(r *row, on catalog.Version) Refusal {
	switch r.Run.Status {
	case history.StatusFailed, history.StatusCancelled, history.StatusTerminated, history.StatusTimedOut:
	default:
		return &InvalidState{WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID, Status: r.Run.Status, Want: "failed, cancelled, terminated or timed_out"}
	}
	if r.Job != 0 {
		return &TreeCloses{WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID}
	}
	switch newest := t.latest(r.Run.WorkflowID); {
	case newest == nil || newest == r:
	case newest.Run.Status.Open():
		return &AlreadyRunning{WorkflowID: r.Run.WorkflowID, RunID: newest.Run.RunID}
	default:
		return &NotNewest{WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID, Newest: newest.Run.RunID}
	}
	if len(r.Run.Reopened) >= maxReopened {
		return &ResourceExhausted{What: "times that one run is reopened", Limit: maxReopened}
	}
	return t.carried(r, on)
}

// check reads what is to be taken up again. why is not empty when the history says otherwise.
func (c *ReopenRun) check(t *step, r *row) (begun []history.Data, why string) {
	end := r.Run.Events + 1 // of the events that count
	closing, ok := t.turn(r, r.Run.Turns)
	if ok = ok && closing.FirstSeq+closing.Count == end && closing.Count > 0; ok {
		end = closing.FirstSeq
	}
	if ok != (c.Turn != 0) || ok && c.Turn != closing.N {
		return nil, fmt.Sprintf("says that turn %d closed the run, of %d", c.Turn, r.Run.Turns)
	}
	last, forget := uint64(0), c.Forget
	for _, a := range c.Again {
		if a.ID <= last || a.Seq >= end {
			return nil, fmt.Sprintf("holds ordinal %d of event %d out of order", a.ID, a.Seq)
		}
		data := t.event(r, a.Seq)
		if begins(data) != a.ID {
			return nil, fmt.Sprintf("holds ordinal %d, which event %d does not begin", a.ID, a.Seq)
		}
		if last = a.ID; len(forget) > 0 && forget[0] == a.ID {
			forget = forget[1:]
		}
		begun = append(begun, data)
	}
	if len(forget) > 0 {
		return nil, fmt.Sprintf("lacks ordinal %d, which is to be forgotten", forget[0])
	}
	return begun, ""
}

// later reports whether the command says what earlier levels do not know.
func (c *ReopenRun) later() bool {
	return c.ForgetCancel || slices.ContainsFunc(c.Again, func(a Again) bool { return a.Asked })
}

// begins is the ordinal that an event begins; 0 when it begins none.
func begins(data history.Data) uint64 {
	switch e := data.(type) {
	case *history.TimerStarted:
		return e.ID
	case *history.ActivityScheduled:
		return e.ID
	case *history.ChildWorkflowStarted:
		return e.ID
	case *history.ResultAwaited:
		return e.ID
	}
	return 0
}
