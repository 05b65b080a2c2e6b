package replay

import (
	"maps"
	"slices"

	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// One log entry records a turn and carries out everything that the turn asks for, and no entry may
// take long. So each event that a turn asks for is charged with what it will cost the state
// machine, and the turn is cut when it is full: the call that would exceed the budget gets
// ErrLater, the code is parked inside it, and the next turn makes the same call again. The turn's
// record says what it asked for, so replay cuts it at the same place, whatever the prices are then.
//
// Costs are in the state machine's units of work, and never below what it counts (engine's
// TestDearestTurn compares the two).
const (
	turnWork     = 30_000
	workOfEvent  = 4  // timers, signals, cancellations: the event and its rows
	workOfTask   = 6  // an activity: also its task and its offer
	workOfChild  = 16 // a run of its own
	workOfLabels = 200
	bytesPerWork = 512 // of payloads, which are written up to twice
)

// checkRoom makes the code call again in the next turn if this one has no room for an event. A turn
// always has room for one.
func (l *ledger) checkRoom(d history.Data) error {
	b := &l.book
	switch {
	case b.mismatch != nil:
		return nil
	case b.replay && !b.bound:
		b.toldLater = b.cut && b.at == 0 && len(b.asked) >= len(b.recorded)
	case b.bound && len(b.asked) > 0:
		b.toldLater = b.work+workOf(d) > turnWork
	}
	if b.toldLater {
		return runtime.ErrLater
	}
	return nil
}

// workOf returns the cost of recording an event.
func workOf(d history.Data) uint64 {
	switch d := d.(type) {
	case *history.ActivityCancelRequested:
		return workOfTask
	case *history.ActivityScheduled:
		return workOfTask + uint64(len(d.Input))/bytesPerWork
	case *history.ChildWorkflowStarted:
		work := workOfChild + uint64(len(d.Input))/bytesPerWork
		for _, name := range slices.Sorted(maps.Keys(d.Attributes)) { // a list has rows for each item, of at least three bytes
			work += 3 + uint64(len(d.Attributes[name]))/2
		}
		return work
	case *history.SignalSent:
		return workOfTask + uint64(len(d.Payload))/bytesPerWork
	case *history.CancelSent: // it may end a run that has not begun
		return workOfTask + 2*workOfChild
	case *history.ResultAwaited: // what is answered at once has the entry's room, or comes later
		return workOfTask + workOfEvent
	case *history.UpdateCompleted:
		return workOfEvent + uint64(len(d.Result))/bytesPerWork
	case *history.AttributesUpdated:
		return workOfLabels
	}
	return workOfEvent
}
