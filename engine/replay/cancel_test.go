package replay_test

import (
	"slices"
	"testing"

	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// A signal that came after the request to cancel is put back when code waits for it only then. The
// timer of the wait was cancelled when the signal came, and is not cancelled again.
func TestTimerOfAWaitIsCancelledOnce(t *testing.T) {
	w := runtimetest.NewWorld(t, program(t, file(t, "testdata/script.star")), runtimetest.Member, `[["signal","b","5s"],["sleep","1s"],["all",[0],true]]`, runtime.Limits{})
	w.Resume()
	defer func() { w.Machine.Close() }()
	w.Record(w.Next())
	w.Append(&history.TimerFired{ID: 2})
	w.Append(&history.CancelRequested{Reason: "enough"})
	w.Append(&history.SignalReceived{Name: "b", Payload: history.Payload("1")})
	w.Record(w.Next())
	var ended []uint64
	for _, e := range w.Events {
		if d, ok := e.Data.(*history.TimerCancelled); ok {
			ended = append(ended, d.ID)
		}
	}
	if last := w.Events[len(w.Events)-1].Data; !slices.Equal(ended, []uint64{1}) || last.Type() != history.TypeWorkflowCancelled {
		t.Errorf("cancelled the timers %v and ended with %s, want timer 1 once and the end of a run that was cancelled", ended, last.Type())
	}
}
