package runtime

import "cmp"

// Limits bound what one execution may do. A zero field means its default. They bind new turns,
// queries and a module's top level, but never the replay of recorded turns. Exceeding one fails the
// run with kind "limit_exceeded".
type Limits struct {
	Steps       uint64 // of computation in a turn: 10 million
	MemoryBytes uint64 // kept by the execution and built by the turn together, by a deterministic account: 64 MiB
	OutputBytes int    // of one payload that code hands out (a result, the input of a child, a signal, ...): 2 MiB
	TurnBytes   int    // of all payloads that a turn hands out: 8 MiB
	LogBytes    int    // that a turn logs: 64 KiB
	Pending     int    // timers, signal waits, children and activities, each: 10,000
	Asked       int    // events that a turn asks for: 20,000
}

// DefaultLimits returns the limits of a node without other configuration.
func DefaultLimits() Limits {
	return Limits{Steps: 10_000_000, MemoryBytes: 64 << 20, OutputBytes: 2 << 20, TurnBytes: 8 << 20, LogBytes: 64 << 10, Pending: 10_000, Asked: 20_000}
}

// OrDefault returns l with defaults in place of zeros.
func (l Limits) OrDefault() Limits {
	d := DefaultLimits()
	return Limits{
		Steps:       cmp.Or(l.Steps, d.Steps),
		MemoryBytes: cmp.Or(l.MemoryBytes, d.MemoryBytes),
		OutputBytes: cmp.Or(l.OutputBytes, d.OutputBytes),
		TurnBytes:   cmp.Or(l.TurnBytes, d.TurnBytes),
		LogBytes:    cmp.Or(l.LogBytes, d.LogBytes),
		Pending:     cmp.Or(l.Pending, d.Pending),
		Asked:       cmp.Or(l.Asked, d.Asked),
	}
}
