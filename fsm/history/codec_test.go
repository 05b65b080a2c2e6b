package history

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

// samples has one event of every type with every field set, so that golden bytes freeze them all.
func samples() []Data {
	run := DeriveRunID(RunID{1}, "child", 1)
	fail := RunError{Kind: KindFailed, Message: "no stock", Details: Payload(`{"sku":7}`), Retryable: true}
	return []Data{
		&WorkflowStarted{WorkflowID: "order-1", RunID: run, WorkflowType: "order", Version: [32]byte{7}, Input: Payload(`{"id":1}`), Attributes: Attributes{"b": Payload(`2`), "a": Payload(`1`)},
			Timeout: Duration(time.Hour), Parent: &Parent{WorkflowID: "p", RunID: RunID{9}, ID: 3, OnClose: CloseCancel}, ContinuedFrom: RunID{8}, Attempt: 2},
		&WorkflowCompleted{Result: Payload(`true`)},
		&WorkflowFailed{Error: fail},
		&WorkflowCancelled{Reason: "r"},
		&WorkflowTerminated{Reason: "r"},
		&WorkflowTimedOut{Timeout: Duration(time.Minute)},
		&WorkflowContinuedAsNew{Input: Payload(`1`), Same: true, Carry: []uint64{4, 5}, NewRunID: run, Version: [32]byte{1}},
		&WorkflowReopened{Reason: "r"},
		&WorkflowPaused{Reason: "r", Quarantined: true},
		&WorkflowResumed{},
		&CancelRequested{Reason: "r"},
		&AttributesUpdated{Attributes: Attributes{"k": Payload(`"v"`)}},
		&ActivityScheduled{ID: 1, Activity: "ship", Queue: "default", Input: Payload(`1`), Retry: &Retry{MaxAttempts: 5, Backoff: 1, Factor: 2, MaxBackoff: 3, NonRetryable: []string{"x"}}, Timeout: 4, Heartbeat: 5, ScheduleTimeout: 6},
		&ActivityStarted{ID: 1, Attempt: 2, Worker: "w"},
		&ActivityCompleted{ID: 1, Result: Payload(`1`)},
		&ActivityFailed{ID: 1, Error: fail},
		&ActivityCancelled{ID: 1},
		&TimerStarted{ID: 1, Duration: Duration(time.Second), Signal: "approval", FireAt: 99},
		&TimerFired{ID: 1},
		&TimerCancelled{ID: 1},
		&SignalReceived{Name: "approval", Payload: Payload(`null`), From: run},
		&SignalSent{WorkflowID: "x", Name: "n", Payload: Payload(`1`), Error: &fail},
		&ChildWorkflowStarted{ID: 1, WorkflowID: "c", WorkflowType: "t", Input: Payload(`1`), OnClose: CloseAbandon, Choice: ChildRouted, RunID: run, Version: [32]byte{2}},
		&ChildWorkflowCompleted{ID: 1, Result: Payload(`1`)},
		&ChildWorkflowFailed{ID: 1, Error: fail},
		&ChildWorkflowCancelled{ID: 1, Asked: true},
		&WorkflowMoved{From: [32]byte{1}, To: [32]byte{2}, Turn: 3},
		&UpdateAccepted{UpdateID: "u1", Name: "set", Args: Payload(`1`)},
		&UpdateCompleted{UpdateID: "u1", Result: Payload(`1`), Error: &fail},
		&ActivityCancelRequested{ID: 1},
		&ChildWorkflowCancelRequested{ID: 1},
		&WorkflowBegan{},
		&CancelSent{WorkflowID: "x", Reason: "r", Error: &fail},
		&ResultAwaited{ID: 1, WorkflowID: "x", RunID: run},
		&WorkflowReset{WorkflowID: "a", RunID: run, OfWorkflowID: "b", OfRunID: run, Turn: 3, Fork: true, Reason: "bad data", By: "ops", Parent: &Parent{WorkflowID: "p", RunID: run, ID: 4, OnClose: CloseCancel}},
		&ParentReset{RunID: run},
		&ResultReceived{ID: 1, RunID: run, Result: Payload(`1`), Error: &fail},
		&AwaitCancelled{ID: 1},
	}
}

func TestEventRoundTrip(t *testing.T) {
	all := samples()
	if len(all) != len(EmptyData()) {
		t.Fatalf("%d samples for %d types", len(all), len(EmptyData()))
	}
	for i, data := range all {
		if data.Type() != EmptyData()[i].Type() {
			t.Fatalf("sample %d is a %s", i, data.Type())
		}
		in := Event{Seq: 5, At: 7, Data: data}
		b, err := AppendEvent(nil, in)
		if err != nil {
			t.Fatal(err)
		}
		out, err := DecodeEvent(b)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(in, out) {
			t.Errorf("%s: wrote %+v, read %+v", data.Type(), in.Data, out.Data)
		}
		if _, err := json.Marshal(out); err != nil {
			t.Errorf("%s as JSON: %v", data.Type(), err)
		}
		c, err := in.MarshalCBOR()
		if err != nil {
			t.Fatal(err)
		}
		var back Event
		if err := back.UnmarshalCBOR(c); err != nil || !reflect.DeepEqual(in, back) {
			t.Errorf("%s as CBOR: %v", data.Type(), err)
		}
	}
}
