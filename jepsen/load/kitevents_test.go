package load

import (
	"encoding/json"
	"time"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// atSecond is a time of logs in tests: log time and caller's time count in seconds from the same zero.
func atSecond(s float64) time.Time { return time.Unix(1e9, 0).Add(time.Duration(s * 1e9)).UTC() }

// pastEvent is a line of a history in tests; its seq is given by pastOf.
func pastEvent(at float64, typ string, data any) wire.Event {
	return wire.Event{At: atSecond(at), Type: typ, Data: mustJSON(data)}
}

func historyOf(workload, workflow, run string, events ...wire.Event) op.Op {
	for i := range events {
		events[i].Seq = uint64(i + 1)
	}
	return op.Op{Workload: workload, F: "history", Key: workflow, Value: mustJSON(map[string]string{"run_id": run}), Outcome: op.OK, Answer: mustJSON(wire.History{Events: events}), Invoke: 90e9, Return: 91e9}
}

type facts = map[string]any

// respell changes one field of a JSON object.
func respell(b *json.RawMessage, name string, value any) {
	var m map[string]any
	json.Unmarshal(*b, &m)
	m[name] = value
	*b = mustJSON(m)
}
