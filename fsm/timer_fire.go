package fsm

import (
	"aion.dev/aion/fsm/history"
)

// FireTimers fires timers that are due at the entry's time and still armed; others it passes over
// without a word. Timer id 0 is the whole run's time limit, or the end of the delay with which it
// was started (run_begin.go). The ordinal of an activity stands for the clock of its task, see
// task_clock.go.
type FireTimers struct {
	Timers []TimerRef `cbor:"1,keyasint"`           // at most 1,024
	Jitter uint32     `cbor:"2,keyasint,omitempty"` // drawn by the leader, for retries that follow from a task's time running out
}

// TimerRef names one armed timer.
type TimerRef struct {
	FireAt history.Time  `cbor:"1,keyasint"`
	RunID  history.RunID `cbor:"2,keyasint"`
	ID     uint64        `cbor:"3,keyasint"`
}

// FireAnswer counts.
type FireAnswer struct {
	Fired uint64 `cbor:"1,keyasint"`
}

// Kind implements Command.
func (*FireTimers) Kind() Kind { return KindFireTimers }
func (*FireAnswer) answer()    {}

func (c *FireTimers) apply(t *step) (Answer, Refusal) {
	if len(c.Timers) > maxFired {
		return nil, &ResourceExhausted{What: "timers fired in one command", Limit: maxFired}
	}
	fired := new(FireAnswer)
	for i, ref := range c.Timers {
		if i > 0 && t.spent() {
			break // the others are still due: the leader names them again
		}
		if t.fire(ref, spread(c.Jitter, i)) {
			fired.Fired++
		}
	}
	return fired, nil
}

const maxFired = 1024

// fire fires a timer that is due and still armed as ref says: one that was cancelled, or armed
// again for another time, is passed over.
func (t *step) fire(ref TimerRef, jitter uint32) bool {
	if ref.FireAt > t.now {
		return false
	}
	r := t.run(ref.RunID)
	if r == nil {
		return false
	}
	if ref.ID == 0 {
		if !r.Run.Status.Open() || r.Deadline == 0 || r.Deadline != ref.FireAt {
			return false
		}
		if t.fateOf(r) == doomed { // its end was decided before
			t.shut(r, &history.WorkflowTerminated{Reason: parentClosed})
		} else if r.Run.BeginsAt != 0 {
			t.begin(r)
		} else {
			t.fail(r, &history.WorkflowTimedOut{Timeout: t.timeLimit(r)})
		}
		return true
	}
	if at, ok := t.armed(r, ref.ID); !ok || at != ref.FireAt {
		return t.fireTask(r, ref, jitter)
	}
	t.disarm(r, ref.ID)
	if r.Run.Status.Open() { // else a job was to disarm it
		t.append(r, &history.TimerFired{ID: ref.ID})
	}
	return true
}
