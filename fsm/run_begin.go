package fsm

import (
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// A run that was started with a delay is open from its start on: it has its workflow id, pins its
// version and receives signals. It has no turn before it begins, and its time limit does not count
// until then. Its timer 0 is the end of the delay, and after that the time limit. Pausing it does
// not stop the delay.

// begin ends the delay of r.
func (t *step) begin(r *row) {
	t.disarmDeadline(r)
	r.Run.BeginsAt = 0
	t.append(r, &history.WorkflowBegan{})
	limit := t.timeLimit(r)
	switch {
	case limit == 0:
	case r.Run.Status == history.StatusPaused:
		r.TimeLeft = limit
	default:
		r.Deadline = rows.Due(t.now, limit)
		t.armDeadline(r)
	}
}
