package workflow

import "time"

// A context with a deadline ends by a timer of Go, which does not wake the run. So while code waits
// with one, a timer of the run goes off at the same time: the room comes in, the clock has moved,
// and the timer of Go is over as well.

// alarm is such a timer. Nobody reads its wait.
type alarm struct {
	id   uint64
	wait *wait
}

// setAlarm starts the alarm of a context that ends at a time; nil if it has none.
func setAlarm(ctx Context) *alarm {
	deadline, ok := ctx.Deadline()
	if !ok {
		return nil
	}
	left := time.Until(deadline)
	if left <= 0 || left > longest {
		return nil
	}
	r := duration(newRecord(), 1, "duration", left)
	a := &alarm{id: uint64(roomStart(kindTimer, pointer(r), int32(len(r)))), wait: openWait()}
	ids := []uint64{a.id}
	if a.wait.alarm = true; roomWait(a.wait.token, waitOne, pointer(ids), 1) != -2 {
		a.wait.ring() // the run is to be cancelled
	}
	return a
}

// longest is the longest timer that a run may have.
const longest = 100 * 365 * 24 * time.Hour

// ring takes the wait back, which the room has ended.
func (w *wait) ring() {
	w.alarm = false
	guest.free = append(guest.free, w)
}

// stop ends the alarm, unless it has gone off.
func (a *alarm) stop() {
	if a != nil && roomState(int64(a.id))>>32 == statePending {
		roomCancel(int64(a.id))
	}
}
