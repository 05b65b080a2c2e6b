package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"math"
	"strings"
	"time"

	"aion.dev/aion/engine/replay"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// UpdateRequest asks a run for something.
type UpdateRequest struct {
	ID   string // the same id has one effect and one answer; empty = a new one
	Name string
	Args history.Payload
}

// UpdateStatus says how far an update has come.
type UpdateStatus string

// How far updates come.
const (
	UpdateAccepted  UpdateStatus = "accepted"  // the run has it, and has not answered
	UpdateCompleted UpdateStatus = "completed" // the run has answered
	UpdateRejected  UpdateStatus = "rejected"  // its validator did not agree: nothing has happened
)

// Update is where an update stands.
type Update struct {
	WorkflowID string
	RunID      history.RunID
	ID         string
	Name       string
	Status     UpdateStatus
	Result     history.Payload
	Error      *history.RunError // why it was rejected, or what its handler failed with; of an accepted one: why there will be no answer
	Index      uint64
}

// UnknownUpdateID means that a run has no update with an id.
type UnknownUpdateID struct{ WorkflowID, UpdateID string }

func (e *UnknownUpdateID) Error() string {
	return "workflow \"" + e.WorkflowID + "\" has accepted no update with the id \"" + e.UpdateID + "\""
}

// Code implements fsm.Refusal.
func (e *UnknownUpdateID) Code() string { return "not_found" }

// Facts implements fsm.Refusal.
func (e *UnknownUpdateID) Facts() map[string]any {
	return map[string]any{"workflow_id": e.WorkflowID, "update_id": e.UpdateID}
}

// NewUpdateID makes an id for an update whose caller gave none. Whoever may repeat the call makes
// it once.
func NewUpdateID() string { return strings.ToLower(rand.Text()) }

// updateWithin bounds how long an update is tried to be accepted by a run that goes on meanwhile.
const updateWithin = 5 * time.Second

// Update asks an open run for something, and waits up to wait for its answer. If the code has a
// validator for the name, it is asked first, at the run's newest turn; the entry that accepts the
// update is guarded by what the validator saw. Refused: unknown_update if the code handles no
// update of that name, and as SignalRun is.
func (e *Engine) Update(ctx context.Context, c Call, ref fsm.RunRef, r UpdateRequest, wait time.Duration) (*Update, Answered, error) {
	if err := e.checkUpdate(ref, &r, wait); err != nil {
		return nil, Answered{}, err
	}
	if err := e.atLevel(4); err != nil {
		return nil, Answered{}, err
	}
	answer, a, err := e.acceptUpdate(ctx, c, ref, r)
	if rejected := (*replay.UpdateRejected)(nil); errors.As(err, &rejected) {
		return &Update{WorkflowID: ref.WorkflowID, RunID: ref.RunID, ID: r.ID, Name: r.Name, Status: UpdateRejected, Error: &rejected.Err, Index: a.Index}, a, nil
	}
	if err != nil {
		return nil, a, err
	}
	if a.Deduplicated {
		r.ID = e.acceptedAs(answer, r.ID)
	}
	state, err := e.awaitUpdate(ctx, fsm.RunRef{WorkflowID: answer.WorkflowID, RunID: answer.RunID}, r.ID, wait)
	return state, a, err
}

// acceptedAs returns the id under which the first call of a request was accepted: one that gives no
// id has another each time.
func (e *Engine) acceptedAs(a *fsm.UpdateAnswer, id string) string {
	e.cfg.Log.View(func(v fsm.View) {
		for _, ev := range v.Events(a.RunID, a.Update.Accepted, 1) {
			if accepted, ok := ev.Data.(*history.UpdateAccepted); ok {
				id = accepted.UpdateID
			}
		}
	})
	return id
}

func (e *Engine) checkUpdate(ref fsm.RunRef, r *UpdateRequest, wait time.Duration) error {
	if err := checkRef(ref); err != nil {
		return err
	}
	if err := checkName(r.Name); err != nil {
		return err
	}
	if r.ID == "" {
		r.ID = NewUpdateID()
	}
	if err := checkText("update_id", r.ID, fsm.MaxUpdateID); err != nil {
		return err
	}
	if err := checkCharacters("update_id", r.ID); err != nil {
		return err
	}
	if err := e.checkPayload("args", r.Args); err != nil {
		return err
	}
	return checkWait(wait)
}

// acceptUpdate proposes the update until the run takes it as its validator saw it.
func (e *Engine) acceptUpdate(ctx context.Context, c Call, ref fsm.RunRef, r UpdateRequest) (*fsm.UpdateAnswer, Answered, error) {
	if res, ok, err := e.firstOutcome(c); err != nil || ok {
		if err != nil {
			return nil, Answered{}, err
		}
		return outcome[*fsm.UpdateAnswer](c, res)
	}
	most, cancel := context.WithTimeout(ctx, updateWithin)
	defer cancel()
	pause := backoff{first: 5 * time.Millisecond, most: 200 * time.Millisecond}
	for {
		cmd, at, err := e.validated(most, c, ref, r)
		if err != nil {
			return nil, Answered{Index: at}, err
		}
		answer, a, err := proposeAhead[*fsm.UpdateAnswer](ctx, e, c, cmd, func(c *convoy) {
			c.add(c.d.foreseeNews(e.runOf(cmd.Run), &history.UpdateAccepted{UpdateID: r.ID, Name: r.Name, Args: r.Args}), 0)
		})
		var overtaken *fsm.Overtaken
		var closes *fsm.RunCloses
		var closed *fsm.NotRunning
		again := errors.As(err, &overtaken) || errors.As(err, &closes) || ref.RunID.IsZero() && errors.As(err, &closed) && closed.Status == history.StatusContinuedAsNew
		if !again || pause.pause(most) != nil {
			return answer, a, err
		}
	}
}

// never is a turn that no run makes: what is fenced by it takes effect never, and may have.
const never = math.MaxUint64

// validated returns the command for an update that the run's code agrees to. It names that run: the
// next one of a chain was not asked. One that was accepted before is not validated again, and the
// command for it only asks for where it stands. at is the index at which the code was asked.
func (e *Engine) validated(ctx context.Context, c Call, ref fsm.RunRef, r UpdateRequest) (cmd *fsm.UpdateRun, at uint64, err error) {
	cmd = &fsm.UpdateRun{Run: ref, ID: r.ID, Name: r.Name, Args: r.Args, MaxWaiting: e.limits.WaitingSignals}
	rd := Read{Only: c.Only}
	for {
		known := false
		if err := e.read(ctx, rd, func(v fsm.View) {
			run, err := rd.find(v, ref)
			if err != nil || !run.Status.Open() {
				known = true // the log refuses it, or knows it
				return
			}
			of, _, ok := v.Update(run.RunID, r.ID)
			known = ok && (ref.RunID.IsZero() || of == ref.RunID)
		}); err != nil {
			return nil, 0, err
		}
		if known {
			cmd.Turns = never
			return cmd, 0, nil
		}
		asked := false
		run, at, err := e.consult(ctx, rd, ref, func(ctx context.Context, m *replay.Machine) (err error) {
			asked, err = m.Validate(ctx, r.Name, r.Args)
			return err
		})
		if late := (*QueryTimeout)(nil); errors.As(err, &late) {
			err = &Unavailable{Why: late.Error()}
		}
		if cmd.Run.RunID = run.RunID; err != nil || !asked {
			return cmd, at, err
		}
		news := false
		e.cfg.Log.View(func(v fsm.View) { news = v.HasNews(run.RunID) })
		if !news {
			cmd.Turns, cmd.Events = run.Turns, run.Events
			return cmd, at, nil
		}
		if e.awaitTurn(ctx, run); ctx.Err() != nil {
			return nil, at, &Unavailable{Why: "run " + run.RunID.String() + " has news that its code has not seen within " + updateWithin.String() + ", so its validator cannot be asked"}
		}
	}
}

// awaitTurn waits until a run has made another turn.
func (e *Engine) awaitTurn(ctx context.Context, run rows.Run) {
	more := func(r rows.Run) bool { return r.Turns > run.Turns || !r.Status.Open() }
	e.hub.awaitGrowth(ctx, updateWithin, run.RunID, more, func(v fsm.View) bool {
		r, ok := v.Run(run.RunID)
		return ok && !more(r)
	})
}

// UpdateState returns where an update stands, waiting up to wait for its answer.
func (e *Engine) UpdateState(ctx context.Context, rd Read, ref fsm.RunRef, id string, wait time.Duration) (*Update, error) {
	if err := checkRef(ref); err != nil {
		return nil, err
	}
	if err := checkWait(wait); err != nil {
		return nil, err
	}
	var of history.RunID
	var found error
	if err := e.read(ctx, rd, func(v fsm.View) {
		run, err := rd.find(v, ref)
		if err != nil {
			found = err
			return
		}
		var ok bool
		if of, _, ok = v.Update(run.RunID, id); !ok || !ref.RunID.IsZero() && of != ref.RunID {
			found = &UnknownUpdateID{WorkflowID: ref.WorkflowID, UpdateID: id}
		}
	}); err != nil || found != nil {
		return nil, errors.Join(err, found)
	}
	return e.awaitUpdate(ctx, fsm.RunRef{WorkflowID: ref.WorkflowID, RunID: of}, id, wait)
}

// awaitUpdate waits for the answer to an update that a run has accepted.
func (e *Engine) awaitUpdate(ctx context.Context, ref fsm.RunRef, id string, wait time.Duration) (*Update, error) {
	u := &Update{WorkflowID: ref.WorkflowID, RunID: ref.RunID, ID: id, Status: UpdateAccepted}
	gone, turns := false, uint64(0)
	look := func(v fsm.View) (wait bool) {
		u.Index = v.Index()
		run, ok := v.Run(ref.RunID)
		if !ok {
			gone = true
			return false
		}
		_, at, _ := v.Update(ref.RunID, id)
		u.Name, turns = at.Name, run.Turns
		if at.Completed == 0 && run.Status.Open() {
			return true
		}
		if events := v.Events(ref.RunID, at.Completed, 1); at.Completed != 0 && len(events) == 1 {
			if d, ok := events[0].Data.(*history.UpdateCompleted); ok {
				u.Status, u.Result, u.Error = UpdateCompleted, d.Result, d.Error
				return false
			}
		}
		u.Error = &history.RunError{Kind: "run_closed", Message: "the run closed (" + run.Status.String() + ") before it answered"}
		return false
	}
	e.hub.awaitGrowth(ctx, wait, ref.RunID, func(r rows.Run) bool { return r.Turns > turns || !r.Status.Open() }, look)
	if wait <= 0 {
		e.cfg.Log.View(func(v fsm.View) { look(v) })
	}
	if gone {
		return nil, &UnknownUpdateID{WorkflowID: ref.WorkflowID, UpdateID: id}
	}
	return u, nil
}
