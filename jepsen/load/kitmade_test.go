package load

import (
	"time"

	"aion.dev/aion/transport/wire"
)

// epoch is when hand-made histories begin.
var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// after is so many milliseconds later.
func after(milliseconds int) time.Time {
	return epoch.Add(time.Duration(milliseconds) * time.Millisecond)
}

// made is a hand-made event: its time in milliseconds, its type, and its data.
type made struct {
	at   int
	typ  string
	data map[string]any
}

func madeHistory(events []made) wire.History {
	var h wire.History
	for i, e := range events {
		h.Events = append(h.Events, wire.Event{Seq: uint64(i + 1), At: after(e.at), Type: e.typ, Data: mustJSON(e.data)})
	}
	return h
}
