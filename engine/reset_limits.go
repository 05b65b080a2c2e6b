package engine

import (
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// mayKeep compares what a reset, or a fork, would copy with the limits of this node. Apply has
// bounds of its own, which no limit exceeds: what comes between here and there is held to those.
func (e *Engine) mayKeep(run rows.Run, at place, dropSignals bool) error {
	count, size := at.event+at.turn, uint64(0)
	if run.Events+run.Turns > e.limits.ResetEvents || run.Bytes > e.limits.ResetBytes { // else all of it may be kept
		e.cfg.Log.View(func(v fsm.View) {
			const few = 512
			for from := uint64(1); from <= run.Events && count <= e.limits.ResetEvents && size <= e.limits.ResetBytes; from += few {
				for _, event := range eventsUpTo(v, run.RunID, from, min(run.Events, from+few-1)) {
					switch event.Data.(type) {
					case *history.SignalReceived, *history.UpdateAccepted:
						if event.Seq > at.event && dropSignals {
							continue
						}
						if event.Seq > at.event {
							count++
						}
					default:
						if event.Seq > at.event {
							continue
						}
					}
					if b, err := history.AppendEvent(nil, event); err == nil {
						size += uint64(len(b))
					}
				}
			}
		})
	}
	switch {
	case count > e.limits.ResetEvents:
		return &fsm.ResourceExhausted{What: "events and turns that a reset keeps", Limit: e.limits.ResetEvents}
	case size > e.limits.ResetBytes:
		return &fsm.ResourceExhausted{What: "bytes of history that a reset keeps", Limit: e.limits.ResetBytes}
	}
	return nil
}
