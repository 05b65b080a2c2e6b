package replay

import (
	"bytes"
	"reflect"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// same compares fields by hand. For every event that code can ask for, and each of its fields, it
// must find every difference in the bytes.
func TestSameIsWhatTheBytesSay(t *testing.T) {
	for _, d := range []history.Data{
		&history.TimerStarted{ID: 1, Duration: 2, Signal: "s", FireAt: 3},
		&history.TimerCancelled{ID: 1},
		&history.ActivityScheduled{ID: 1, Activity: "a", Queue: "q", Input: history.Payload("1"), Retry: &history.Retry{MaxAttempts: 1}, Timeout: 1, Heartbeat: 1, ScheduleTimeout: 1},
		&history.ActivityCancelled{ID: 1},
		&history.ChildWorkflowStarted{ID: 1, WorkflowID: "w", WorkflowType: "t", Input: history.Payload("1"), OnClose: 1, Choice: 1, RunID: history.RunID{1}, Version: catalog.Version{1}},
		&history.ChildWorkflowCancelled{ID: 1, Asked: true},
		&history.SignalSent{WorkflowID: "w", Name: "n", Payload: history.Payload("1"), Error: &history.RunError{Kind: "k"}},
		&history.AttributesUpdated{Attributes: history.Attributes{"a": history.Payload("1")}},
		&history.WorkflowCompleted{Result: history.Payload("1")},
		&history.WorkflowCancelled{Reason: "r"},
		&history.WorkflowContinuedAsNew{Input: history.Payload("1"), Same: true, Carry: []uint64{1}, NewRunID: history.RunID{1}, Version: catalog.Version{1}},
	} {
		if !same(d, clone(d)) {
			t.Errorf("%s differs from itself", d.Type())
		}
		for i := range reflect.TypeOf(d).Elem().NumField() {
			other := clone(d)
			reflect.ValueOf(other).Elem().Field(i).SetZero()
			if got, want := same(d, other), bytes.Equal(encoded(t, d), encoded(t, other)); got != want {
				t.Errorf("%s without its field %s: same says %v, the bytes %v", d.Type(), reflect.TypeOf(d).Elem().Field(i).Name, got, want)
			}
		}
		if same(d, &history.TimerFired{}) || same(&history.TimerFired{}, d) {
			t.Errorf("%s is the same as another type", d.Type())
		}
	}
	a := &history.WorkflowFailed{Error: history.RunError{Kind: "failed", Message: "as one build words it"}}
	b := &history.WorkflowFailed{Error: history.RunError{Kind: "failed", Message: "as another does"}}
	if !same(a, b) || same(a, &history.WorkflowFailed{Error: history.RunError{Kind: "other"}}) {
		t.Error("failures are told apart by their kind alone")
	}
}

func clone(d history.Data) history.Data {
	c := reflect.New(reflect.TypeOf(d).Elem())
	c.Elem().Set(reflect.ValueOf(d).Elem())
	return c.Interface().(history.Data)
}

func encoded(t *testing.T, d history.Data) []byte {
	b, err := history.AppendEvent(nil, history.Event{Data: history.Asked(d)})
	if err != nil {
		t.Fatal(err)
	}
	return b
}
