// Package loadtest builds histories for tests of checkers, and looks for the violation that a
// corrupted one must show. Only tests import it, and it knows no workload. Begin with Expect.
package loadtest

import (
	"encoding/json"
	"time"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// AtSecond returns a log time for tests: log time and callers' time count in seconds from the same
// zero.
func AtSecond(s float64) time.Time { return time.Unix(1e9, 0).Add(time.Duration(s * 1e9)).UTC() }

// Event is an event of a history in tests; History sets its seq.
func Event(at float64, typ string, data any) wire.Event {
	return wire.Event{At: AtSecond(at), Type: typ, Data: JSON(data)}
}

// History is the answer to a request for the events of a run, which it numbers.
func History(workload, workflow, run string, events ...wire.Event) op.Op {
	for i := range events {
		events[i].Seq = uint64(i + 1)
	}
	return op.Op{Workload: workload, F: "history", Key: workflow, Value: JSON(map[string]string{"run_id": run}), Outcome: op.OK, Answer: JSON(wire.History{Events: events}), Invoke: 90e9, Return: 91e9}
}

// Facts are the members of a JSON object.
type Facts = map[string]any

// Respell changes one field of a JSON object.
func Respell(b *json.RawMessage, name string, value any) {
	var m map[string]any
	json.Unmarshal(*b, &m)
	m[name] = value
	*b = JSON(m)
}
