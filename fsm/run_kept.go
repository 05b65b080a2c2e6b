package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// kept is the beginning of a history, as it is copied into another run, and what its run's row has
// to say of it.
type kept struct {
	events []history.Event
	turns  []history.Turn

	status     history.Status
	bytes      uint64
	version    catalog.Version // on which the run was after the newest event
	moved      uint64
	attributes history.Attributes
	signals    uint64
	reopened   []uint64
	voids      map[uint64]bool // turns that a reopening made void
	through    uint64          // of the newest turn that counts
	cut        bool            // that turn was cut
	cancelAt   uint64          // seq of the request to cancel that stands; 0 = none does
	ordinal    uint64          // highest of timers and activities
	updates    []string        // ids, in the order in which they were accepted
	stands     map[string]rows.Update

	begun    map[uint64]history.Data                  // by seq: what begins an ordinal
	children map[uint64]*history.ChildWorkflowStarted // by ordinal, the newest of each
	over     map[uint64]bool                          // those that had ended
	later    []history.Data                           // signals and updates after the cut, which the new run is to receive
	exact    bool                                     // from level 7 on: children of turns that a reopening took back are none
}

// read reads what c keeps of old's history.
func (k *kept) read(t *step, old *row, c *ResetRun) Refusal {
	if c.Cut == 0 || c.Cut > old.Run.Events || c.Turns > old.Run.Turns {
		return &catalog.InvalidInput{Field: "to", Reason: fmt.Sprintf("is event %d and turn %d, of %d and %d", c.Cut, c.Turns, old.Run.Events, old.Run.Turns)}
	}
	if c.Cut+c.Turns > MaxKept {
		return &ResourceExhausted{What: "events and turns that a reset keeps", Limit: MaxKept}
	}
	if why := k.readTurns(t, old, c); why != "" {
		return &catalog.InvalidInput{Field: "to", Reason: why}
	}
	k.exact = t.level() >= 7
	k.voids, k.stands = map[uint64]bool{}, map[string]rows.Update{}
	k.begun, k.children, k.over = map[uint64]history.Data{}, map[uint64]*history.ChildWorkflowStarted{}, map[uint64]bool{}
	tooLarge, looked := false, uint64(0)
	t.Fail(eachEvent(t.Reader(rows.FamilyEvent), old.Serial, 1, func(e history.Event, size int) bool {
		looked++
		k.bytes += uint64(size)
		if e.Seq <= c.Cut {
			k.note(e)
		} else if c.DropSignals {
			return false
		} else if !k.noteLater(e) {
			k.bytes -= uint64(size)
		}
		tooLarge = k.bytes > MaxKeptBytes || c.Cut+c.Turns+uint64(len(k.later)) > MaxKept
		return !tooLarge
	}))
	t.Charge(looked / looksPerUnit)
	switch {
	case tooLarge && k.bytes > MaxKeptBytes:
		return &ResourceExhausted{What: "bytes of history that a reset keeps", Limit: MaxKeptBytes}
	case tooLarge:
		return &ResourceExhausted{What: "events and turns that a reset keeps", Limit: MaxKept}
	case !k.status.Open():
		return &catalog.InvalidInput{Field: "to", Reason: fmt.Sprintf("is event %d, where the run was %s", c.Cut, k.status)}
	}
	return nil
}

// readTurns reads the turns. why is not empty when the cut is not between them and the next one.
func (k *kept) readTurns(t *step, old *row, c *ResetRun) (why string) {
	t.Scan(rows.TurnKey(old.Serial, 1), rows.TurnKey(old.Serial, c.Turns+1), func(_, b []byte) bool {
		var turn history.Turn
		t.Fail(rows.Decode(b, &turn))
		k.turns = append(k.turns, turn)
		return true
	})
	if n := len(k.turns); n > 0 && k.turns[n-1].FirstSeq+k.turns[n-1].Count > c.Cut+1 {
		return fmt.Sprintf("is event %d, and turn %d ends after it", c.Cut, c.Turns)
	}
	if next, ok := t.turn(old, c.Turns+1); ok && next.FirstSeq <= c.Cut && next.Count > 0 {
		return fmt.Sprintf("is event %d, and turn %d begins before it", c.Cut, next.N)
	}
	k.seen(c.Cut + 1)
	return ""
}

// seen finds the newest turn that counts among those before an event. One that asked for nothing
// is before the event that its first would have been.
func (k *kept) seen(before uint64) {
	k.through, k.cut = 0, false
	for _, turn := range k.turns {
		if turn.FirstSeq > before || turn.FirstSeq == before && turn.Count > 0 {
			break
		}
		if !k.voids[turn.N] {
			k.through, k.cut = turn.Through, turn.Cut
		}
	}
}

// note takes in an event that is kept.
func (k *kept) note(e history.Event) {
	k.events = append(k.events, e)
	k.status = history.Fold(k.status, e.Data)
	if id := begins(e.Data); id != 0 {
		k.begun[e.Seq] = e.Data
		if typ := e.Data.Type(); typ == history.TypeTimerStarted || typ == history.TypeActivityScheduled {
			k.ordinal = max(k.ordinal, id)
		}
	}
	switch d := e.Data.(type) {
	case *history.WorkflowStarted:
		k.version, k.attributes = d.Version, setAll(nil, d.Attributes)
	case *history.ChildWorkflowStarted:
		k.children[d.ID] = d
		delete(k.over, d.ID)
	case *history.ChildWorkflowCompleted:
		k.over[d.ID] = true
	case *history.ChildWorkflowFailed:
		k.over[d.ID] = true
	case *history.ChildWorkflowCancelled:
		k.over[d.ID] = !d.Asked // one that was given up may go on
	case *history.WorkflowMoved:
		k.version, k.moved = d.To, e.Seq
	case *history.AttributesUpdated:
		k.attributes = setAll(k.attributes, d.Attributes)
	case *history.SignalReceived:
		k.signals++
	case *history.CancelRequested:
		k.cancelAt = e.Seq
	case *history.WorkflowReopened:
		k.reopened = append(k.reopened, e.Seq)
		if d.Turn != 0 {
			k.voids[d.Turn] = true
			k.forgetChildren(d.Turn)
		}
		for _, id := range d.Forget {
			delete(k.over, id)
		}
		if k.seen(e.Seq); d.ForgetCancel || k.cancelAt > k.through {
			k.cancelAt = 0
		}
	case *history.UpdateAccepted:
		k.updates = append(k.updates, d.UpdateID)
		k.stands[d.UpdateID] = rows.Update{Name: d.Name, Accepted: e.Seq}
	case *history.UpdateCompleted:
		if u, ok := k.stands[d.UpdateID]; ok && u.Completed == 0 {
			u.Completed = e.Seq
			k.stands[d.UpdateID] = u
		}
	}
}

// forgetChildren leaves out the children of a turn that a reopening took back. Turns after it use
// the same ordinals for others, of which a reset before those turns must take over none.
func (k *kept) forgetChildren(void uint64) {
	for _, turn := range k.turns {
		if !k.exact || turn.N != void {
			continue
		}
		for seq := turn.FirstSeq; seq < turn.FirstSeq+turn.Count; seq++ {
			if d, is := k.begun[seq].(*history.ChildWorkflowStarted); is && k.children[d.ID] == d {
				delete(k.children, d.ID)
				delete(k.over, d.ID)
			}
		}
	}
}

// noteLater takes in an event after the cut, if the new run is to receive it.
func (k *kept) noteLater(e history.Event) bool {
	switch e.Data.(type) {
	case *history.SignalReceived, *history.UpdateAccepted:
		k.later = append(k.later, e.Data)
		return true
	}
	return false
}

// copyRun makes the new run with what is kept, and appends the event that says so.
func (t *step) copyRun(old *row, c *ResetRun, k *kept) *row {
	t.meta.Serial++
	k.seen(c.Cut + 1)
	r := &row{RunRow: rows.RunRow{
		Run: rows.Run{
			WorkflowID: old.Run.WorkflowID, RunID: c.RunID, Type: old.Run.Type, Version: c.Version, StartedAt: t.now, Parent: old.Run.Parent, StartIndex: t.index,
			Events: c.Cut, Turns: c.Turns, Through: k.through, Cut: k.cut, CancelAsked: k.cancelAt > 0, Reopened: k.reopened, Moved: k.moved,
			Origin: &rows.Origin{WorkflowID: old.Run.WorkflowID, RunID: old.Run.RunID, Turn: c.Turns, Seq: c.Cut + 1, Fork: c.As != ""},
		},
		Serial: t.meta.Serial, Attempt: old.Attempt, Timeout: old.Timeout, Continued: old.Continued, Tried: old.Tried, Ordinal: k.ordinal, Attempts: old.Attempts, Limits: old.Limits,
		Signals: k.signals, Consumed: min(c.Consumed, k.signals),
	}}
	if c.As != "" {
		r.Run.WorkflowID, r.Run.Parent = c.As, nil
	} else {
		r.Run.Schedule, r.Depth = old.Run.Schedule, old.Depth
	}
	t.enrol(r)
	t.label(r, k.attributes)
	for _, e := range k.events {
		b, err := history.AppendEvent(t.written[:0], e)
		if err != nil {
			panic(err) // it was decoded
		}
		t.Put(rows.EventKey(r.Serial, e.Seq), b)
		t.written = b
		r.Run.Bytes += uint64(len(b))
	}
	for i := range k.turns {
		t.PutRow(rows.TurnKey(r.Serial, k.turns[i].N), &k.turns[i])
	}
	for _, id := range k.updates {
		t.noteUpdate(r, id, k.stands[id])
	}
	t.Charge((keptCost - 1) * uint64(len(k.events)+len(k.turns)))
	t.grew(r, r.Run.Bytes, 0, 0)
	t.append(r, &history.WorkflowReset{
		WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID, OfWorkflowID: old.Run.WorkflowID, OfRunID: old.Run.RunID, Turn: c.Turns, Fork: c.As != "",
		Reason: c.Reason, By: t.who.Actor, Parent: r.Run.Parent,
	})
	if k.version != r.Run.Version {
		t.moved(r, k.version)
	}
	if limit := t.timeLimit(r); limit > 0 {
		r.Deadline = rows.Due(t.now, limit)
		t.armDeadline(r)
	}
	t.countStarted(r)
	return r
}
