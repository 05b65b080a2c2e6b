package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// RecordTurn appends what one turn of a run asked for, and carries it out in the same step:
// children start, signals arrive, timers are armed, the run closes or continues. Recheck, when a
// child or the next run would start on a version with another input schema than its input was
// checked against. Fenced: refused as Fenced unless N is the next turn, the run is running,
// Through is not beyond its newest event, and what the turn foresaw has happened.
type RecordTurn struct {
	RunID     history.RunID   `cbor:"1,keyasint"`
	N         uint64          `cbor:"2,keyasint"`
	Through   uint64          `cbor:"3,keyasint"`
	Asked     []history.Event `cbor:"4,keyasint,omitempty"` // Seq and At are assigned by apply
	Waiting   []history.Wait  `cbor:"5,keyasint,omitempty"`
	Consumed  uint64          `cbor:"6,keyasint,omitempty"` // signals that the code has consumed so far, in total
	Limits    rows.RunLimits  `cbor:"7,keyasint"`
	Cut       bool            `cbor:"8,keyasint,omitempty"`  // the code has more to ask for: the run needs its next turn at once
	Rules     uint64          `cbor:"9,keyasint,omitempty"`  // of history.Rules: 0 for turns of earlier builds, which apply records as those did
	Waits     uint64          `cbor:"10,keyasint,omitempty"` // see history.Turn
	Logs      []string        `cbor:"11,keyasint,omitempty"` // lines that the code logged, see run_log.go
	Checks    []InputCheck    `cbor:"12,keyasint,omitempty"`
	Checked   bool            `cbor:"13,keyasint,omitempty"` // Checks tells of every input that meets a schema
	Suggested bool            `cbor:"15,keyasint,omitempty"` // see history.Turn

	Foreseen *Foresight `cbor:"14,keyasint,omitempty"` // what the turn saw before it was in the log; nil = nothing
}

// TurnAnswer says what was appended: the turn's record and the events from FirstSeq on, with those
// that the state machine filled in or added.
type TurnAnswer struct {
	Turn     history.Turn    `cbor:"1,keyasint"`
	Appended []history.Event `cbor:"2,keyasint,omitempty"`
	Status   history.Status  `cbor:"3,keyasint"`
	Last     uint64          `cbor:"4,keyasint"`           // seq of the run's newest event; above Turn.Through+len(Appended) there are events the turn has not seen
	Void     bool            `cbor:"5,keyasint,omitempty"` // nothing was recorded: the turn would have closed the run over what it had not seen, and is to be made again
}

// Kind implements Command.
func (*RecordTurn) Kind() Kind { return KindRecordTurn }
func (*TurnAnswer) answer()    {}

func (c *RecordTurn) apply(t *step) (Answer, Refusal) {
	r := t.run(c.RunID)
	if r == nil {
		return nil, &NotFound{RunID: c.RunID}
	}
	why := c.overtaken(t, r)
	if why == "" {
		why = c.unforeseen(t, r)
	}
	if why != "" {
		return nil, &Fenced{RunID: c.RunID, Why: why}
	}
	last, why := c.last(t.level())
	if why != "" {
		return nil, &catalog.InvalidInput{Field: "asked", Reason: why}
	}

	if refusal := c.checked(t, r); refusal != nil {
		return nil, refusal
	}

	t.turning, t.later, t.added, t.relabelled, t.rules = r, nil, nil, false, c.Rules
	answer := new(TurnAnswer)
	if c.closesOver(t, r, last) {
		r.Voided++
		t.touch(r)
		answer.Void = true
	} else if why := c.over(r, last != nil, t.size-c.logBytes()); why != "" {
		t.keepLog(r, c)
		t.fail(r, &history.WorkflowFailed{Error: history.RunError{Kind: history.KindLimit, Message: why}})
	} else {
		answer.Turn = c.record(t, r, last)
	}
	answer.Appended, answer.Status, answer.Last = t.added, r.Run.Status, r.Run.Events
	t.turning, t.later, t.added = nil, nil, nil
	return answer, nil
}

// overtaken says why the turn is not r's next one.
func (c *RecordTurn) overtaken(t *step, r *row) string {
	switch {
	case r.Run.Status != history.StatusRunning:
		return "it is " + r.Run.Status.String()
	case r.Run.BeginsAt != 0:
		return "it begins at " + r.Run.BeginsAt.String()
	case t.fateOf(r) != alive:
		return "it ends with its parent, which has closed"
	case t.stopOf(r.Run.Type, r.Run.Version) != nil:
		return "its type or its version is stopped"
	case c.N != r.Run.Turns+1:
		return fmt.Sprintf("its next turn is %d, not %d", r.Run.Turns+1, c.N)
	case c.Through < r.reopenedAt():
		return fmt.Sprintf("turn %d saw events up to %d, and event %d reopened it", c.N, c.Through, r.reopenedAt())
	case c.Through < r.Run.Moved:
		return fmt.Sprintf("turn %d saw events up to %d, and event %d moved it to version %s", c.N, c.Through, r.Run.Moved, r.Run.Version.Short())
	case c.Through > r.Run.Events:
		return fmt.Sprintf("turn %d saw event %d, but the newest is %d", c.N, c.Through, r.Run.Events)
	case c.Through < r.Run.Through || c.Through == r.Run.Through && !(r.Run.Cut && c.Rules >= 1):
		return fmt.Sprintf("turn %d saw events up to %d, as turn %d did", c.N, c.Through, r.Run.Turns)
	}
	return ""
}

// last returns the event that closes the run, if the turn asked for one. why is not empty when it
// asked for what code cannot ask for.
func (c *RecordTurn) last(level uint64) (last history.Data, why string) {
	for _, e := range c.Asked {
		if last != nil {
			return nil, fmt.Sprintf("holds %s after %s", e.Data.Type(), last.Type())
		}
		switch d := e.Data.(type) {
		case *history.WorkflowCompleted, *history.WorkflowFailed, *history.WorkflowCancelled, *history.WorkflowContinuedAsNew:
			last = d
		case *history.AttributesUpdated, *history.ActivityCancelled, *history.TimerCancelled, *history.SignalSent, *history.ChildWorkflowStarted, *history.UpdateCompleted:
		case *history.CancelSent, *history.ResultAwaited, *history.AwaitCancelled:
			if level < 6 {
				return nil, fmt.Sprintf("holds %s, which level %d does not know", d.Type(), level)
			}
			if sent, ok := d.(*history.CancelSent); ok && len(sent.Reason) > maxText {
				return nil, fmt.Sprintf("holds a request to cancel with a reason of %d bytes", len(sent.Reason))
			}
		case *history.ActivityScheduled:
			if why := checkTaskNames(d.Queue, d.Activity); why != "" {
				return nil, "holds an activity whose " + why
			}
		case *history.ActivityCancelRequested, *history.ChildWorkflowCancelRequested:
			if level < 4 {
				return nil, fmt.Sprintf("holds %s, which level %d does not know", d.Type(), level)
			}
		case *history.TimerStarted:
			if d.ID == 0 {
				return nil, "holds a timer 0, which is the run's own time limit"
			}
		case *history.ChildWorkflowCancelled:
			if !d.Asked {
				return nil, "holds a ChildWorkflowCancelled that was not asked for"
			}
		default:
			return nil, fmt.Sprintf("holds %s, which only the state machine appends", d.Type())
		}
	}
	return last, ""
}

// over says which limit the history would pass. Bytes are counted as those of the command. The
// closing event is free: a run at its limit may still end, or continue as new to escape it.
func (c *RecordTurn) over(r *row, closes bool, size int) string {
	limits, events := c.Limits.OrDefault(), uint64(len(c.Asked))
	if closes {
		events--
	}
	switch {
	case events > 0 && r.Run.Events+events > limits.Events:
		return fmt.Sprintf("the history would pass the limit of %d events", limits.Events)
	case events > 0 && r.Run.Bytes+uint64(size) > limits.HistoryBytes:
		return fmt.Sprintf("the history would pass the limit of %d bytes", limits.HistoryBytes)
	}
	return overAttributes(r, c.Asked)
}

// record appends the turn and carries out what it asked for, in order.
func (c *RecordTurn) record(t *step, r *row, last history.Data) history.Turn {
	before := r.Run.Events
	turn := history.Turn{N: c.N, Through: c.Through, At: t.now, FirstSeq: before + 1, Count: uint64(len(c.Asked)), Cut: c.Cut && last == nil,
		Rules: c.Rules, Waits: c.Waits, Suggested: c.Suggested && t.level() >= 4}
	t.PutRow(rows.TurnKey(r.Serial, c.N), &turn)
	t.unready(r)
	t.keepLog(r, c)
	r.Run.Turns, r.Run.Through, r.Run.Waiting, r.Consumed, r.Limits = c.N, c.Through, c.Waiting[:min(len(c.Waiting), maxWaits)], c.Consumed, c.Limits.OrDefault()
	r.Run.Cut, r.Voided = turn.Cut, 0
	t.touch(r)
	for _, e := range c.Asked {
		t.carryOut(r, e.Data, last)
	}
	onward := t.chain // closing r may end other runs that are tried again
	if last != nil {
		t.closed(r, last)
	}
	if e, ok := last.(*history.WorkflowContinuedAsNew); ok {
		t.carryOn(r, e, onward, before)
	} else if last != nil {
		t.tryAgain(r, history.Next(last), onward)
	} else {
		for _, data := range t.later {
			t.append(r, data)
		}
	}
	return turn
}

// carryOut appends one event that code asked for, with what it did not know, and does what it says.
func (t *step) carryOut(r *row, data, last history.Data) {
	switch e := data.(type) {
	case *history.ActivityScheduled:
		t.append(r, e)
		t.schedule(r, e)
	case *history.ActivityCancelled:
		t.append(r, e)
		t.cancelTask(r, e.ID)
	case *history.TimerStarted:
		e.FireAt = rows.Due(t.now, e.Duration)
		t.append(r, e)
		t.arm(r, e.ID, e.FireAt)
	case *history.TimerCancelled:
		t.append(r, e)
		t.disarm(r, e.ID)
	case *history.AttributesUpdated:
		t.append(r, e)
		t.update(r, e.Attributes, t.relabelled)
		t.relabelled = true
	case *history.SignalSent:
		t.sendSignal(r, e, last)
	case *history.CancelSent:
		t.sendCancel(r, e, last)
	case *history.ResultAwaited:
		t.await(r, e)
	case *history.AwaitCancelled:
		t.append(r, e)
		t.unjoin(r, e.ID)
	case *history.ChildWorkflowStarted:
		t.startChild(r, e)
	case *history.UpdateCompleted:
		t.append(r, e)
		t.answerUpdate(r, e.UpdateID)
	case *history.ChildWorkflowCancelled:
		t.append(r, e)
		t.giveUp(r, e.ID)
	case *history.ActivityCancelRequested:
		t.append(r, e)
		t.askTask(r, e.ID)
	case *history.ChildWorkflowCancelRequested:
		t.append(r, e)
		t.askChild(r, e.ID)
	case *history.WorkflowFailed:
		t.again(r, e)
		t.append(r, e)
	case *history.WorkflowContinuedAsNew:
		t.noteOnward(r)
		e.NewRunID, e.Version = history.DeriveRunID(r.Run.RunID, "continue", 1), NextVersion(t.s.catalog, &r.Run, e, t.lot(r))
		t.append(r, e)
	default:
		t.append(r, e)
	}
}
