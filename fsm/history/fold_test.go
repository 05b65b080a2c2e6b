package history

import "testing"

// A status is what the events come to, in order.
func TestFold(t *testing.T) {
	for _, c := range []struct {
		events []Data
		want   Status
	}{
		{nil, 0},
		{[]Data{&WorkflowStarted{}}, StatusRunning},
		{[]Data{&WorkflowStarted{}, &TimerStarted{}, &SignalReceived{}, &CancelRequested{}}, StatusRunning},
		{[]Data{&WorkflowStarted{}, &WorkflowPaused{}}, StatusPaused},
		{[]Data{&WorkflowStarted{}, &WorkflowPaused{}, &SignalReceived{}, &WorkflowResumed{}}, StatusRunning},
		{[]Data{&WorkflowStarted{}, &WorkflowCompleted{}}, StatusCompleted},
		{[]Data{&WorkflowStarted{}, &WorkflowFailed{}}, StatusFailed},
		{[]Data{&WorkflowStarted{}, &WorkflowFailed{}, &WorkflowReopened{}}, StatusRunning},
		{[]Data{&WorkflowStarted{}, &WorkflowCancelled{}}, StatusCancelled},
		{[]Data{&WorkflowStarted{}, &WorkflowTerminated{}}, StatusTerminated},
		{[]Data{&WorkflowStarted{}, &WorkflowTimedOut{}}, StatusTimedOut},
		{[]Data{&WorkflowStarted{}, &WorkflowContinuedAsNew{}}, StatusContinuedAsNew},
	} {
		s := Status(0)
		for _, e := range c.events {
			s = Fold(s, e)
		}
		if s != c.want {
			t.Errorf("%d events come to %s, want %s", len(c.events), s, c.want)
		}
	}
}

// Every type of event is sorted into those that close a run, those that wake it, and the rest.
func TestClosesAndWakes(t *testing.T) {
	closes := map[Type]bool{TypeWorkflowCompleted: true, TypeWorkflowFailed: true, TypeWorkflowCancelled: true, TypeWorkflowTerminated: true, TypeWorkflowTimedOut: true, TypeWorkflowContinuedAsNew: true}
	wakes := map[Type]bool{TypeWorkflowStarted: true, TypeWorkflowBegan: true, TypeWorkflowReopened: true, TypeWorkflowReset: true, TypeCancelRequested: true, TypeSignalReceived: true, TypeUpdateAccepted: true, TypeTimerFired: true, TypeActivityCompleted: true,
		TypeActivityFailed: true, TypeChildWorkflowCompleted: true, TypeChildWorkflowFailed: true, TypeResultReceived: true}
	for _, e := range samples() {
		if Closes(e) != closes[e.Type()] {
			t.Errorf("%s closes: %v", e.Type(), Closes(e))
		}
		if Wakes(e) != wakes[e.Type()] {
			t.Errorf("%s wakes: %v", e.Type(), Wakes(e))
		}
	}
	if !Wakes(&ChildWorkflowCancelled{ID: 1}) {
		t.Error("a child that closed as cancelled does not wake its parent")
	}
	if Wakes(&WorkflowStarted{BeginsAt: 1}) {
		t.Error("a run that has not begun is woken")
	}
}

func TestStatusNames(t *testing.T) {
	for s := StatusRunning; s <= StatusContinuedAsNew; s++ {
		back, err := ParseStatus(s.String())
		if err != nil || back != s {
			t.Errorf("%d is %q, which reads as %d, %v", s, s, back, err)
		}
		if open := s == StatusRunning || s == StatusPaused; s.Open() != open {
			t.Errorf("%s is open: %v", s, s.Open())
		}
	}
	for _, name := range []string{"", "none", "Running", "unknown"} {
		if _, err := ParseStatus(name); err == nil {
			t.Errorf("%q is a status", name)
		}
	}
}
