package replay

import (
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// A turn is recorded, and all that it asks for carried out, by one entry of the log, and no entry
// may take long. So a turn is charged while it is made, with what each event will cost the state
// machine, and is cut when it is full: the call that would go beyond gets ErrLater, the code is
// parked inside it, and the next turn makes the same call again. What a turn asked for is in its
// record, so it is cut in the same place when it is shown again, whatever the price list says by
// then.
//
// Costs are in the state machine's units of work, and not below what it counts (fsm's
// TestDearestTurn holds the one against the other).
const (
	turnWork     = 30_000
	workOfEvent  = 4  // timers, signals, cancellations: the event, and rows about it
	workOfTask   = 6  // an activity: also its task and its offer
	workOfChild  = 16 // a run of its own
	workOfLabels = 200
	bytesPerWork = 512 // of payloads, which are written up to twice
)

// full tells the code to come again in the next turn when this one has no room for an event. A turn
// always has room for one.
func (l *ledger) full(d history.Data) error {
	b := &l.book
	switch {
	case b.mismatch != nil:
		return nil
	case b.replay && !b.bound:
		b.full = b.cut && b.at == 0 && len(b.asked) >= len(b.recorded)
	case b.bound && len(b.asked) > 0:
		b.full = b.work+workOf(d) > turnWork
	}
	if b.full {
		return runtime.ErrLater
	}
	return nil
}

// workOf is what recording an event costs.
func workOf(d history.Data) uint64 {
	switch d := d.(type) {
	case *history.ActivityScheduled:
		return workOfTask + uint64(len(d.Input))/bytesPerWork
	case *history.ChildWorkflowStarted:
		return workOfChild + uint64(len(d.Input))/bytesPerWork
	case *history.SignalSent:
		return workOfTask + uint64(len(d.Payload))/bytesPerWork
	case *history.AttributesUpdated:
		return workOfLabels
	}
	return workOfEvent
}
