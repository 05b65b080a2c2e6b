package fsm

import (
	"slices"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// ActBatch does the operation of a batch to its next runs: the runs in Acts, from the newest down,
// are all that met its conditions from Below down to To when the leader looked. Below fences it: an
// entry that another one has overtaken does nothing. A run that meets them no more is passed over.
// What does not fit into the entry is left to the next one.
type ActBatch struct {
	ID    string     `cbor:"1,keyasint"`
	Below uint64     `cbor:"2,keyasint"` // where the batch stands
	To    uint64     `cbor:"3,keyasint"` // where it stands after the last of Acts
	End   bool       `cbor:"4,keyasint,omitempty"`
	Acts  []BatchAct `cbor:"5,keyasint,omitempty"`
}

// BatchAct is one run of an ActBatch, with what was found out about it before the log.
type BatchAct struct {
	Serial uint64        `cbor:"1,keyasint"`
	RunID  history.RunID `cbor:"2,keyasint"`
	Reopen *ReopenRun    `cbor:"3,keyasint,omitempty"`
	Move   *MoveRun      `cbor:"4,keyasint,omitempty"`
	Code   string        `cbor:"5,keyasint,omitempty"` // it cannot be done, as the leader found out
	Detail string        `cbor:"6,keyasint,omitempty"`
	Last   bool          `cbor:"7,keyasint,omitempty"` // if it cannot be done as the run stands, it is not tried again
	Reset  *ResetRun     `cbor:"8,keyasint,omitempty"`
}

// Kind implements Command.
func (*ActBatch) Kind() Kind { return KindActBatch }

func (c *ActBatch) apply(t *step) (Answer, Refusal) {
	b := t.batch(c.ID)
	if b == nil {
		return nil, &NoBatch{clip(c.ID)}
	}
	if b.Status != rows.BatchRunning || b.Below != c.Below {
		return &BatchAnswer{Batch: *b}, nil
	}
	asked := t.who
	defer func() { t.who = asked }()
	t.who = &Envelope{Actor: b.Actor, Only: scopeOfBatch(b), Command: c}
	a := new(BatchAnswer)
	for i := range c.Acts {
		act := &c.Acts[i]
		if act.Serial >= b.Below {
			a.Acted++
			continue
		}
		if i > 0 && (t.spent() || act.Reset != nil && t.cost()+Estimate(act.Reset) > t.budget) {
			break
		}
		if a.Blocked = !t.actOn(b, act); a.Blocked {
			break
		}
		b.Below = act.Serial
		a.Acted++
	}
	if a.Acted == uint64(len(c.Acts)) {
		b.Below = min(b.Below, c.To)
		if c.End {
			b.Status, b.Ended = rows.BatchCompleted, t.now
		}
	}
	t.storeBatch(b)
	a.Batch = *b
	return a, nil
}

// scopeOfBatch is what the starter of a batch may touch.
func scopeOfBatch(b *rows.Batch) *Scope {
	if b.Space == "" && !b.Limited {
		return nil
	}
	only := &Scope{Space: b.Space, Types: b.Types}
	if b.Limited && len(b.Types) == 0 {
		only.Types = []string{namespace.Qualify(b.Space, "!")} // it reaches nothing
	}
	return only
}

// takes reports whether a run is one of the batch as it stands now.
func (t *step) takes(b *rows.Batch, r *row) bool {
	return slices.Contains(b.Spec.Op.Takes(), r.Run.Status) && reaches(b, t.who.Only, &r.Run) &&
		!slices.ContainsFunc(b.Spec.Where, func(c rows.Condition) bool { return !c.Holds(&r.Run) })
}

// reaches reports whether a batch may reach a run, and has anything to do there.
func reaches(b *rows.Batch, only *Scope, r *rows.Run) bool {
	return namespace.Of(r.WorkflowID) == b.Space && only.HasType(r.Type) && (b.Spec.Op != rows.BatchMove || r.Version != b.Spec.To) &&
		(b.Spec.Op != rows.BatchReset || r.ResetAs.IsZero())
}

// actOn does the operation to one run, or notes why that is impossible; false = the run has changed
// since the leader looked, or will in a moment, and is to be looked at again.
func (t *step) actOn(b *rows.Batch, act *BatchAct) bool {
	t.Charge(2)
	r := t.run(act.RunID)
	if r == nil || r.Serial != act.Serial || !t.takes(b, r) {
		return true
	}
	if b.Spec.DryRun {
		b.Found++
		return true
	}
	failure := rows.BatchFailure{WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID, Code: act.Code, Detail: clipText(act.Detail)}
	if act.Code == "" {
		_, refusal := t.operate(b, act, r)
		switch refusal.(type) {
		case nil:
			b.Found++
			b.Done++
			return true
		case *Fenced, *RunCloses, *TreeCloses:
			if !act.Last {
				return false
			}
		}
		failure.Code, failure.Detail = refusal.Code(), clipText(bareText(b.Space, refusal))
		if _, changes := refusal.(*Fenced); changes {
			failure.Code = "unavailable" // as the engine says after as many tries
		}
	}
	b.Found++
	b.Failed++
	if b.Listed < MaxBatchFailures {
		t.Put(rows.BatchFailureKey(b.ID, b.Listed), rows.Encoded(failure))
		b.Listed++
	}
	return true
}

// operate does it as the command of its own does.
func (t *step) operate(b *rows.Batch, act *BatchAct, r *row) (Answer, Refusal) {
	ref, s := RunRef{WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID}, &b.Spec
	switch s.Op {
	case rows.BatchCancel:
		return (&CancelRun{Run: ref, Reason: s.Reason}).apply(t)
	case rows.BatchTerminate:
		return (&TerminateRun{Run: ref, Reason: s.Reason}).apply(t)
	case rows.BatchPause:
		return (&PauseRun{Run: ref, Reason: s.Reason, Still: true}).apply(t)
	case rows.BatchResume:
		return (&ResumeRun{Run: ref}).apply(t)
	case rows.BatchSignal:
		return (&SignalRun{Run: ref, Name: s.Signal, Payload: s.Payload, MaxWaiting: s.Waiting}).apply(t)
	case rows.BatchReopen:
		if act.Reopen != nil {
			c := *act.Reopen
			c.Run, c.Reason = ref, s.Reason
			return c.apply(t)
		}
	case rows.BatchMove:
		if act.Move != nil {
			c := *act.Move
			c.Run = ref
			return c.apply(t)
		}
	case rows.BatchReset:
		if act.Reset != nil {
			c := *act.Reset
			c.Run, c.As, c.Reason, c.DropSignals = ref, "", s.Reason, s.DropSignals
			return c.apply(t)
		}
	}
	return nil, &Fenced{RunID: r.Run.RunID, Why: "nothing was found out about it before the log"}
}

// clipText bounds a text that is kept.
func clipText(text string) string {
	if len(text) <= maxText {
		return text
	}
	return clip(text[:maxText])
}
