package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// ResetRun starts a run with the beginning of another's history: the events up to Cut and the turns
// up to Turns, which were replayed on Version before the log. What is before Cut never changes, so
// nothing has to fence that. A run that is reset is ended in the same entry, if it is open, and the
// new one takes its place: with its parent, its children from before Cut, its schedule, and, unless
// DropSignals, the signals and updates that came after Cut. With As it is a fork: the run is left
// alone, and the new one has that workflow id and shares nothing with it.
//
// Refused: not_found, already_running (another run of the workflow id is open), stopped,
// quota_reached, version_unavailable, invalid_input (Cut is no end of a turn, or the run was closed
// there), resource_exhausted (there is too much to be kept). Level 5.
type ResetRun struct {
	Run         RunRef          `cbor:"1,keyasint"`
	RunID       history.RunID   `cbor:"2,keyasint"`           // of the new run
	As          string          `cbor:"3,keyasint,omitempty"` // workflow id of a fork
	Cut         uint64          `cbor:"4,keyasint"`           // seq of the newest event that is kept
	Turns       uint64          `cbor:"5,keyasint,omitempty"` // that are kept
	Version     catalog.Version `cbor:"6,keyasint"`
	Again       []Again         `cbor:"7,keyasint,omitempty"` // what must be under way, by ordinal: all that has no outcome at Cut
	Consumed    uint64          `cbor:"8,keyasint,omitempty"` // signals that the code has consumed by then
	Rules       uint64          `cbor:"9,keyasint,omitempty"` // of history.Rules: by which activities are offered again
	DropSignals bool            `cbor:"10,keyasint,omitempty"`
	Reason      string          `cbor:"11,keyasint,omitempty"`
}

// ResetAnswer names the new run, and says what it took over.
type ResetAnswer struct {
	WorkflowID string          `cbor:"1,keyasint"`
	RunID      history.RunID   `cbor:"2,keyasint"`
	Version    catalog.Version `cbor:"3,keyasint"`
	Of         RunRef          `cbor:"4,keyasint"`           // the run that was copied
	Turn       uint64          `cbor:"5,keyasint,omitempty"` // the newest that was kept
	Kept       uint64          `cbor:"6,keyasint"`           // events
	Ended      bool            `cbor:"7,keyasint,omitempty"` // the old run was open
	Signals    uint64          `cbor:"8,keyasint,omitempty"` // and updates, delivered once more
	Children   uint64          `cbor:"9,keyasint,omitempty"` // open ones that were taken over
}

// Kind implements Command.
func (*ResetRun) Kind() Kind { return KindResetRun }
func (*ResetAnswer) answer() {}

// MaxKept is how many events and turns a reset or a fork may keep, together with the signals that
// are delivered again, and MaxKeptBytes how many bytes: an entry copies them. keptCost is what one
// costs, in units: it is read, and written.
const (
	MaxKept      = 15_000
	MaxKeptBytes = 8 << 20
	keptCost     = 2
)

func (c *ResetRun) apply(t *step) (Answer, Refusal) {
	if t.level() < 5 {
		return nil, &Fenced{RunID: c.Run.RunID, Why: "nodes of an earlier build are not replaced yet"}
	}
	if len(c.Reason) > maxText {
		return nil, tooLong("reason", len(c.Reason))
	}
	old, refusal := t.resolve(c.Run)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := c.allowed(t, old); refusal != nil {
		return nil, refusal
	}
	if c.RunID.IsZero() || t.run(c.RunID) != nil {
		return nil, &catalog.InvalidInput{Field: "run_id", Reason: fmt.Sprintf("%s is taken", c.RunID)}
	}
	if refusal := t.carried(old, c.Version); refusal != nil {
		return nil, refusal
	}
	k := &kept{}
	if refusal := k.read(t, old, c); refusal != nil {
		return nil, refusal
	}
	begun, why := c.check(k)
	if why != "" {
		return nil, &catalog.InvalidInput{Field: "again", Reason: why}
	}
	lines, refusal := c.lines(t, old, k)
	if refusal != nil {
		return nil, refusal
	}
	t.rules = c.Rules
	return c.carryOut(t, old, k, begun, lines), nil
}

// allowed says why a run cannot be reset, or forked, now.
func (c *ResetRun) allowed(t *step, old *row) Refusal {
	id := old.Run.WorkflowID
	if c.As != "" {
		if err := checkWorkflowID(c.As); err != nil {
			return &catalog.InvalidInput{Field: "as", Reason: err.Error()}
		}
		if c.As == id || namespace.Of(c.As) != namespace.Of(id) {
			return &catalog.InvalidInput{Field: "as", Reason: "must be another workflow id, of the same namespace"}
		}
		id = c.As
	}
	if old.Run.Status.Open() {
		if refusal := t.ends(old); refusal != nil {
			return refusal
		}
	} else if old.Job != 0 {
		return &TreeCloses{WorkflowID: old.Run.WorkflowID, RunID: old.Run.RunID}
	}
	version := c.Version
	if version.IsZero() {
		version = old.Run.Version
	}
	if refusal := t.stopped(old.Run.Type, version); refusal != nil {
		return refusal
	}
	if newest := t.latest(id); newest != nil && newest.Run.Status.Open() && (newest != old || c.As != "") {
		return &AlreadyRunning{WorkflowID: id, RunID: newest.Run.RunID}
	}
	gives, depth := old, old.Depth
	if c.As != "" || !old.Run.Status.Open() {
		gives = nil
	}
	if c.As != "" {
		depth = 0
	}
	if refusal := t.mayOpen(old.Run.Type, depth, gives); refusal != nil {
		return refusal
	}
	if c.As != "" {
		return t.mayStart(id, true)
	}
	return t.mayHave(id, !old.Run.Status.Open())
}

// check compares what is to be under way with the history. why is not empty when that says
// otherwise.
func (c *ResetRun) check(k *kept) (begun []history.Data, why string) {
	last := uint64(0)
	for _, a := range c.Again {
		if a.ID <= last || a.Seq == 0 || a.Seq > c.Cut {
			return nil, fmt.Sprintf("holds ordinal %d of event %d out of order", a.ID, a.Seq)
		}
		data := k.begun[a.Seq]
		if data == nil || begins(data) != a.ID {
			return nil, fmt.Sprintf("holds ordinal %d, which event %d does not begin", a.ID, a.Seq)
		}
		last = a.ID
		begun = append(begun, data)
	}
	return begun, ""
}

// lines are the children of a run that is reset which the new run takes over: those that were
// started before the cut and are its children still.
func (c *ResetRun) lines(t *step, old *row, k *kept) ([]rows.Child, Refusal) {
	limit := uint64(EntryBudget)
	if t.budget > 0 {
		limit = t.budget
	}
	limit = limit / againCost / 2
	if uint64(len(c.Again)) > limit {
		return nil, &ResourceExhausted{What: "timers, activities and children that a reset takes up again", Limit: limit}
	}
	if c.As != "" || !old.Run.Status.Open() {
		return nil, nil
	}
	lines := t.keptLines(old, k, limit+1)
	if uint64(len(lines)) > limit {
		return nil, &ResourceExhausted{What: "children that a reset takes over", Limit: limit}
	}
	return lines, nil
}

// carryOut does what nothing refuses.
func (c *ResetRun) carryOut(t *step, old *row, k *kept, begun []history.Data, lines []rows.Child) *ResetAnswer {
	fork, open := c.As != "", old.Run.Status.Open()
	r := t.copyRun(old, c, k)
	answer := &ResetAnswer{
		WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID, Version: r.Run.Version, Of: RunRef{WorkflowID: old.Run.WorkflowID, RunID: old.Run.RunID},
		Turn: c.Turns, Kept: c.Cut, Ended: open && !fork, Signals: uint64(len(k.later)),
	}
	if fork {
		t.startCounts(r.Run.WorkflowID)
	} else {
		answer.Children = t.replace(old, r, c, k, lines)
	}
	for i, data := range begun {
		switch e := data.(type) {
		case *history.TimerStarted:
			t.arm(r, e.ID, e.FireAt)
		case *history.ActivityScheduled:
			t.offerAgain(r, e, c.Again[i].Seq)
			if c.Again[i].Asked {
				t.askTask(r, e.ID)
			}
		case *history.ResultAwaited:
			t.awaitAgain(r, e)
		case *history.ChildWorkflowStarted:
			if _, taken := t.child(r, e.ID); !taken {
				answer.Children += t.childAgain(old, r, e, fork)
			}
			if c.Again[i].Asked {
				t.askChild(r, e.ID)
			}
		}
	}
	for _, data := range k.later {
		t.append(r, data)
		if e, ok := data.(*history.UpdateAccepted); ok {
			t.noteUpdate(r, e.UpdateID, rows.Update{Name: e.Name, Accepted: r.Run.Events})
		}
	}
	return answer
}
