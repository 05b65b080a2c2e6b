package replay

import (
	"cmp"
	"maps"
	"slices"

	"aion.dev/aion/fsm/history"
)

// Code may ask how long its history is. Both numbers follow from the events that it has seen, so
// they are the same in every replay. What the state machine counts does not: times, for one, have
// more bytes the later it is. So bytes are those of payloads, and a round number for each event.
const sizeOfEvent = 64

// see counts an event that a turn sees.
func (l *ledger) see(e history.Event) {
	l.seen = e.Seq
	l.bytes += sizeOfEvent + payloadBytes(e.Data)
}

func payloadBytes(d history.Data) uint64 {
	failed := func(e *history.RunError) uint64 {
		if e == nil {
			return 0
		}
		return uint64(len(e.Message) + len(e.Details))
	}
	switch d := d.(type) {
	case *history.WorkflowStarted:
		return uint64(len(d.Input))
	case *history.AttributesUpdated:
		n := 0
		for _, name := range slices.Sorted(maps.Keys(d.Attributes)) {
			n += len(name) + len(d.Attributes[name])
		}
		return uint64(n)
	case *history.ActivityScheduled:
		return uint64(len(d.Input))
	case *history.ActivityCompleted:
		return uint64(len(d.Result))
	case *history.ActivityFailed:
		return failed(&d.Error)
	case *history.SignalReceived:
		return uint64(len(d.Payload))
	case *history.SignalSent:
		return uint64(len(d.Payload))
	case *history.ResultReceived:
		return uint64(len(d.Result)) + failed(d.Error)
	case *history.ChildWorkflowStarted:
		return uint64(len(d.Input))
	case *history.ChildWorkflowCompleted:
		return uint64(len(d.Result))
	case *history.ChildWorkflowFailed:
		return failed(&d.Error)
	case *history.UpdateAccepted:
		return uint64(len(d.Args))
	case *history.UpdateCompleted:
		return uint64(len(d.Result)) + failed(d.Error)
	}
	return 0
}

// Most is how long a history may be. Zero stands for the default.
type Most struct{ Events, Bytes uint64 }

// near reports whether a quarter of what is allowed is used up: then code should continue as new.
// The turn's record says so if code has asked, because limits are configuration, not history.
func (m Most) near(events, bytes uint64) bool {
	return events >= cmp.Or(m.Events, 50_000)/4 || bytes >= cmp.Or(m.Bytes, 64<<20)/4
}
