package loadtest

import (
	"time"

	"aion.dev/aion/transport/wire"
)

// Epoch is when hand-made histories begin.
var Epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// After returns Epoch plus milliseconds.
func After(milliseconds int) time.Time {
	return Epoch.Add(time.Duration(milliseconds) * time.Millisecond)
}

// Made is a hand-made event: its time in milliseconds, its type, and its data.
type Made struct {
	At   int
	Type string
	Data map[string]any
}

// MadeHistory numbers the events.
func MadeHistory(events []Made) wire.History {
	var h wire.History
	for i, e := range events {
		h.Events = append(h.Events, wire.Event{Seq: uint64(i + 1), At: After(e.At), Type: e.Type, Data: JSON(e.Data)})
	}
	return h
}
