package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"aion.dev/aion/fsm/history"
)

// ask adds an event that the turn asks for. If the turn is being replayed, ask compares it with the
// recorded event, and returns errStop if they differ.
func (l *ledger) ask(d history.Data) error {
	b := &l.book
	if b.mismatch != nil {
		return errStop
	}
	at := len(b.asked)
	if b.replay {
		switch {
		case at >= len(b.recorded):
			b.mismatch = &Mismatch{Turn: b.n, Position: at + 1, Asked: Describe(d), At: l.where()}
		case !same(d, b.recorded[at].Data) && !b.labels.mayBecome(d, b.recorded[at].Data) && !judged(d, b.recorded[at].Data):
			b.mismatch = b.differs(at, d)
			b.mismatch.At = l.where()
		}
		if b.mismatch != nil {
			return errStop
		}
	}
	b.asked = append(b.asked, d)
	b.work += workOf(d)
	if b.replay {
		l.noteStarted(d, b.recorded[at].Seq)
	}
	return nil
}

// judged reports whether a check that replay does not repeat turned what the code asks for into the
// recorded failure: a schema the run's completion, a limit the answer to an update.
func judged(asked, recorded history.Data) bool {
	if answer, ok := asked.(*history.UpdateCompleted); ok {
		was, ok := recorded.(*history.UpdateCompleted)
		return ok && answer.UpdateID == was.UpdateID && was.Error != nil && was.Error.Kind == history.KindLimit && answer.Error == nil
	}
	failed, ok := recorded.(*history.WorkflowFailed)
	if !ok {
		return false
	}
	switch asked.(type) {
	case *history.WorkflowCompleted:
		return failed.Error.Kind == history.KindInvalidOutput
	case *history.WorkflowContinuedAsNew:
		return failed.Error.Kind == history.KindInvalidInput
	}
	return false
}

// noteStarted notes which event started something.
func (l *ledger) noteStarted(d history.Data, seq uint64) {
	var id uint64
	switch d := d.(type) {
	case *history.TimerStarted:
		id = d.ID
	case *history.ActivityScheduled:
		id = d.ID
	case *history.ChildWorkflowStarted:
		id = d.ID
	case *history.ResultAwaited:
		id = d.ID
	}
	if f := l.find(id); f != nil {
		f.seq = seq
	}
}

// checkComplete checks that a replayed turn asked for everything that it had recorded.
func (l *ledger) checkComplete() error {
	b := &l.book
	if len(b.asked) < len(b.recorded) {
		m := b.differs(len(b.asked), nil)
		m.At = b.stoppedAt
		return m
	}
	if b.cut && !b.toldLater {
		return &Mismatch{Turn: b.n, Position: len(b.asked) + 1, Recorded: "more, in the turn after it"}
	}
	return b.compareLabels()
}

// Mismatch means that replayed code asked for something other than what was recorded: the code, the
// runtime or the history is not what it was.
type Mismatch struct {
	Turn     uint64
	Position int    // position of the event among those of the turn, from 1
	Recorded string // what was recorded; "" = nothing more
	Asked    string // what the code asks for now; "" = nothing more
	At       string // source position of the asking call, or of the wait that the code did not leave; "" = the code had ended
	Seq      uint64 // of the recorded event; 0 = none was recorded
	Ends     bool   // both sides close the run, in different ways
}

// differs reports that the recorded event at a position is not what the code asks for. A nil asked
// means nothing more.
func (b *book) differs(at int, asked history.Data) *Mismatch {
	was := b.recorded[at]
	m := &Mismatch{Turn: b.n, Position: at + 1, Recorded: Describe(was.Data), Seq: was.Seq}
	if asked != nil {
		m.Asked = Describe(asked)
		m.Ends = history.Closes(asked) && history.Closes(was.Data)
	}
	return m
}

func (e *Mismatch) Error() string {
	or := func(s string) string {
		if s == "" {
			return "nothing more"
		}
		return s
	}
	at := ""
	if e.At != "" {
		at = " at " + e.At
	}
	return fmt.Sprintf("replay of turn %d differs at its event %d: recorded is %s, the code now asks for %s%s", e.Turn, e.Position, or(e.Recorded), or(e.Asked), at)
}

// Describe formats an event for people.
func Describe(d history.Data) string {
	text, err := json.Marshal(history.Asked(d))
	if err != nil {
		text = []byte(err.Error())
	}
	return d.Type().String() + " " + truncate(string(text), 500)
}

// truncate truncates s to at most n bytes, between characters.
func truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// same reports whether two events were asked for by the same call, that is, whether their Asked
// forms have the same bytes. Common events are compared field by field, which gives the same answer
// and is twenty times faster; a test mutates every field. Builds may word a failure differently, so
// wording does not count.
func same(a, b history.Data) bool {
	switch a := a.(type) {
	case *history.TimerStarted:
		b, ok := b.(*history.TimerStarted)
		return ok && a.ID == b.ID && a.Duration == b.Duration && a.Signal == b.Signal
	case *history.TimerCancelled:
		b, ok := b.(*history.TimerCancelled)
		return ok && *a == *b
	case *history.ActivityCancelled:
		b, ok := b.(*history.ActivityCancelled)
		return ok && *a == *b
	case *history.ChildWorkflowCancelled:
		b, ok := b.(*history.ChildWorkflowCancelled)
		return ok && *a == *b
	case *history.ActivityCancelRequested:
		b, ok := b.(*history.ActivityCancelRequested)
		return ok && *a == *b
	case *history.ChildWorkflowCancelRequested:
		b, ok := b.(*history.ChildWorkflowCancelRequested)
		return ok && *a == *b
	case *history.ChildWorkflowStarted:
		b, ok := b.(*history.ChildWorkflowStarted)
		if ok && (len(a.Attributes)+len(b.Attributes) > 0 || a.Retry != nil || b.Retry != nil) {
			break
		}
		return ok && a.ChainTimeout == b.ChainTimeout && a.Timeout == b.Timeout && a.ID == b.ID && a.WorkflowID == b.WorkflowID && a.WorkflowType == b.WorkflowType && bytes.Equal(a.Input, b.Input) &&
			a.OnClose == b.OnClose && a.Choice == b.Choice && a.OnCancel == b.OnCancel
	case *history.CancelSent:
		b, ok := b.(*history.CancelSent)
		return ok && a.WorkflowID == b.WorkflowID && a.Reason == b.Reason
	case *history.ResultAwaited:
		b, ok := b.(*history.ResultAwaited)
		return ok && a.ID == b.ID && a.WorkflowID == b.WorkflowID
	case *history.AwaitCancelled:
		b, ok := b.(*history.AwaitCancelled)
		return ok && *a == *b
	case *history.SignalSent:
		b, ok := b.(*history.SignalSent)
		return ok && a.WorkflowID == b.WorkflowID && a.Name == b.Name && bytes.Equal(a.Payload, b.Payload)
	case *history.WorkflowFailed:
		b, ok := b.(*history.WorkflowFailed)
		return ok && a.Error.Kind == b.Error.Kind
	}
	x, errX := history.AppendEvent(nil, history.Event{Data: history.Asked(a)})
	y, errY := history.AppendEvent(nil, history.Event{Data: history.Asked(b)})
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
