package workflow

import "time"

// alarm is a timer of the run that goes off when a context ends by its deadline. The timer of Go by
// which the context itself ends does not wake a run.
type alarm struct {
	id   uint64
	wait *wait
}

// longest is the longest timer that a run may have.
const longest = 100 * 365 * 24 * time.Hour

// setAlarm starts the alarm of a context; nil if it has no deadline.
func setAlarm(ctx Context) *alarm {
	deadline, ok := ctx.Deadline()
	left := time.Until(deadline)
	if !ok || left > longest {
		return nil
	}
	r := duration(newRecord(), 1, "duration", max(left, 0))
	a := &alarm{id: uint64(roomStart(kindTimer, pointer(r), int32(len(r)))), wait: openWait()}
	ids := []uint64{a.id}
	if roomWait(a.wait.token, waitOne, pointer(ids), 1) != -2 { // the run is to be cancelled
		guest.free = append(guest.free, a.wait)
		return nil
	}
	return a
}

// over is where it tells that it has gone off.
func (a *alarm) over() chan int32 {
	if a == nil {
		return nil
	}
	return a.wait.over
}

// stop ends the alarm. The room resumes its wait all the same, later, unless it has done so.
func (a *alarm) stop() {
	if a == nil {
		return
	}
	select {
	case <-a.wait.over:
		guest.free = append(guest.free, a.wait)
	default:
		a.wait.left = true
		roomCancel(int64(a.id))
	}
}
