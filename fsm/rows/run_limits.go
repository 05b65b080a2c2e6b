package rows

import "cmp"

// RunLimits are the limits that apply enforces; they travel in the entry so that every node
// enforces the same ones. A run beyond one is failed with limit_exceeded.
type RunLimits struct {
	Events       uint64 `cbor:"1,keyasint"`           // events in one history
	HistoryBytes uint64 `cbor:"2,keyasint"`           // bytes of one history
	Signals      uint64 `cbor:"3,keyasint"`           // signals waiting in a run that another run sends to
	LogBytes     uint64 `cbor:"4,keyasint,omitempty"` // of what is kept of a run's log; 0 = nothing is
}

// The limits of a run whose turns bring none.
const (
	defaultEvents  = 50_000
	defaultBytes   = 64 << 20
	defaultSignals = 10_000
)

// OrDefault is l with the defaults in place of zeros. There is none for LogBytes.
func (l RunLimits) OrDefault() RunLimits {
	return RunLimits{
		Events:       cmp.Or(l.Events, defaultEvents),
		HistoryBytes: cmp.Or(l.HistoryBytes, defaultBytes),
		Signals:      cmp.Or(l.Signals, defaultSignals),
	}
}
