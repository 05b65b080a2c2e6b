package history

import "aion.dev/aion/catalog"

// Asked returns e as workflow code asked for it: without the fields that the state machine fills in
// when it appends. Two turns that asked for the same events asked for equal Asked forms, byte for
// byte. e is not changed.
func Asked(e Data) Data {
	switch e := e.(type) {
	case *TimerStarted:
		c := *e
		c.FireAt = 0
		return &c
	case *SignalSent:
		c := *e
		c.Error = nil
		return &c
	case *CancelSent:
		c := *e
		c.Error = nil
		return &c
	case *ResultAwaited:
		c := *e
		c.RunID = RunID{}
		return &c
	case *ChildWorkflowStarted:
		c := *e
		c.RunID, c.Version = RunID{}, catalog.Version{}
		return &c
	case *WorkflowFailed:
		c := *e
		c.NewRunID = RunID{}
		return &c
	case *WorkflowContinuedAsNew:
		c := *e
		c.NewRunID, c.Version = RunID{}, catalog.Version{}
		return &c
	}
	return e
}
