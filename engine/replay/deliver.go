package replay

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// deliver applies an event to the run's futures. Events that the code itself asked for, and events
// that come too late for a future, change nothing.
func (l *ledger) deliver(e history.Event) error {
	if l.void.covers(e) {
		return nil
	}
	switch d := e.Data.(type) {
	case *history.WorkflowReopened:
		if !l.void.seqs[e.Seq] {
			return fmt.Errorf("event %d reopened the run, and the machine was made without knowing", e.Seq)
		}
		if d.ForgetCancel {
			l.forgetCancel()
		}
	case *history.WorkflowReset:
		l.run = d.RunID
	case *history.ChildWorkflowStarted:
		l.noteStarted(d, e.Seq) // the state machine starts children again after a reopening or a reset
	case *history.CancelRequested:
		if !l.cancel.requested {
			l.cancel.requested, l.cancel.reason, l.cancel.seq = true, d.Reason, e.Seq
			return l.interrupt()
		}
	case *history.SignalReceived:
		l.receive(letter{seq: e.Seq, payload: d.Payload}, d.Name)
	case *history.UpdateAccepted:
		l.resolved++
		box := l.updates.box(d.Name)
		box.letters = append(box.letters, letter{seq: e.Seq, id: d.UpdateID, place: l.resolved, payload: d.Args})
		l.held += uint64(len(d.Args)) + 32
	case *history.TimerFired:
		return l.resolveByEvent(e, d.ID, runtime.Future{}, timer, signal, condition)
	case *history.ActivityCompleted:
		return l.resolveByEvent(e, d.ID, runtime.Future{Result: d.Result}, activity)
	case *history.ActivityFailed:
		return l.resolveByEvent(e, d.ID, runtime.Future{Error: &d.Error}, activity)
	case *history.ResultReceived:
		return l.resolveByEvent(e, d.ID, runtime.Future{Result: d.Result, Error: d.Error}, result)
	case *history.ChildWorkflowCompleted:
		return l.resolveByEvent(e, d.ID, runtime.Future{Result: d.Result}, child)
	case *history.ChildWorkflowFailed:
		return l.resolveByEvent(e, d.ID, runtime.Future{Error: &d.Error}, child)
	case *history.ChildWorkflowCancelled:
		if !d.Asked {
			return l.resolveByEvent(e, d.ID, runtime.Future{Error: &history.RunError{Kind: history.KindCancelled, Message: "the child was cancelled"}}, child)
		}
	}
	return nil
}

// resolveByEvent resolves the future that an event answers, if it is still pending.
func (l *ledger) resolveByEvent(e history.Event, id uint64, outcome runtime.Future, allowed ...kind) error {
	f := l.find(id)
	if f == nil {
		return fmt.Errorf("event %d, a %s, names ordinal %d, but the code has started only %d things", e.Seq, e.Data.Type(), id, len(l.futures))
	}
	fits := false
	for _, k := range allowed {
		fits = fits || f.kind == k
	}
	if !fits {
		return fmt.Errorf("event %d is a %s, but ordinal %d is of kind %s", e.Seq, e.Data.Type(), id, kindNames[f.kind])
	}
	if f.Done {
		return nil
	}
	switch f.kind {
	case condition:
		outcome.Error, outcome.Late = &history.RunError{Kind: history.KindTimeout, Message: "the condition did not hold in time"}, true
	case signal:
		outcome.Error = &history.RunError{Kind: history.KindTimeout, Message: fmt.Sprintf("signal %s did not come in time", catalog.Quote(f.name))}
		outcome.Late = true
	}
	f.failed = outcome.Failed()
	if f.byRun && outcome.Error != nil && outcome.Error.Kind == history.KindCancelled {
		outcome.Error = l.cancel.err
	}
	l.resolve(f, outcome)
	return nil
}
