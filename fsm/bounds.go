package fsm

import (
	"cmp"
	"fmt"
	"math"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// maxText bounds reasons and messages, in bytes.
const maxText = 1 << 10

func tooLong(field string, n int) *catalog.InvalidInput {
	return &catalog.InvalidInput{Field: field, Reason: fmt.Sprintf("has %d bytes, the limit is %d", n, maxText)}
}

// clip bounds a name that a refused command carries, for the record of the refusal.
func clip(name string) string { return name[:min(len(name), 255)] }

// maxWaits is how many of the things that a run waits for are kept for people to see.
const maxWaits = 100

// The limits of a run whose turns bring none.
const (
	defaultEvents  = 50_000
	defaultBytes   = 64 << 20
	defaultSignals = 10_000
)

func (l RunLimits) orDefault() RunLimits {
	return RunLimits{
		Events:       cmp.Or(l.Events, defaultEvents),
		HistoryBytes: cmp.Or(l.HistoryBytes, defaultBytes),
		Signals:      cmp.Or(l.Signals, defaultSignals),
	}
}

// due is the time d after now, or the end of time.
func due(now history.Time, d history.Duration) history.Time {
	switch {
	case d < 0:
		return now
	case int64(d) > math.MaxInt64-int64(now):
		return math.MaxInt64
	}
	return now + history.Time(d)
}
