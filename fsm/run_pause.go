package fsm

import (
	"fmt"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// PauseRun stops a run's turns; signals and timers are still recorded. Refused: not_found,
// not_running; pausing a paused run changes nothing. The engine itself pauses with Quarantined set,
// fenced by Turn: it is refused as Fenced when the run has recorded another turn meanwhile.
type PauseRun struct {
	Run         RunRef `cbor:"1,keyasint"`
	Reason      string `cbor:"2,keyasint,omitempty"`
	Quarantined bool   `cbor:"3,keyasint,omitempty"`
	Turn        uint64 `cbor:"4,keyasint,omitempty"` // with Quarantined: number of the newest recorded turn
	Still       bool   `cbor:"5,keyasint,omitempty"` // the time limit of the run stands still meanwhile, which it did not in earlier builds
}

// ResumeRun lets a paused run's turns go on, also a quarantined one's. Refused: not_found,
// not_running, invalid_state (it is not paused), stopped.
type ResumeRun struct {
	Run RunRef `cbor:"1,keyasint"`
}

// Kind implements Command.
func (*PauseRun) Kind() Kind  { return KindPauseRun }
func (*ResumeRun) Kind() Kind { return KindResumeRun }

func (c *PauseRun) apply(t *step) (Answer, Refusal) {
	if len(c.Reason) > maxText {
		return nil, tooLong("reason", len(c.Reason))
	}
	r, refusal := t.open(c.Run)
	if refusal != nil {
		return nil, refusal
	}
	if c.Quarantined && c.Turn != r.Run.Turns {
		return nil, &Fenced{RunID: r.Run.RunID, Why: fmt.Sprintf("to be quarantined after turn %d, but it has recorded turn %d", c.Turn, r.Run.Turns)}
	}
	if r.Run.Status == history.StatusRunning {
		t.pause(r, &history.WorkflowPaused{Reason: c.Reason, Quarantined: c.Quarantined}, c.Still)
		if c.Quarantined {
			t.countQuarantined(r)
		}
	}
	return r.answer(), nil
}

// pause pauses a run that is running; still: its time limit stands still meanwhile.
func (t *step) pause(r *row, e *history.WorkflowPaused, still bool) {
	if still && r.Deadline > t.now && r.Run.BeginsAt == 0 {
		e.TimeLeft = history.Duration(r.Deadline - t.now)
		t.disarmDeadline(r)
		r.TimeLeft = e.TimeLeft
	}
	t.append(r, e)
	r.Run.Quarantined, r.Run.Stopped, r.Voided = e.Quarantined, e.Stopped, 0 // a paused run hears again
}

// resume lets a paused run go on.
func (t *step) resume(r *row) {
	t.append(r, &history.WorkflowResumed{})
	if r.TimeLeft > 0 {
		r.Deadline, r.TimeLeft = rows.Due(t.now, r.TimeLeft), 0
		t.armDeadline(r)
	}
	r.Run.Quarantined, r.Run.Stopped = false, false
}

func (c *ResumeRun) apply(t *step) (Answer, Refusal) {
	r, refusal := t.open(c.Run)
	if refusal != nil {
		return nil, refusal
	}
	if r.Run.Status != history.StatusPaused {
		return nil, &InvalidState{WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID, Status: r.Run.Status, Want: history.StatusPaused.String()}
	}
	if refusal := t.stopped(r.Run.Type, r.Run.Version); refusal != nil {
		return nil, refusal
	}
	t.resume(r)
	return r.answer(), nil
}
