package fsm

import (
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// The timer index lists armed timers by due time. Timer 0 is the whole run's time limit and is
// known from the row; the others also stand under their run, so that closing it finds them. Clocks
// of tasks lie in it too, under the ordinal of the activity; when they are due stands in the task,
// and they are not counted among the run's timers.

// armDeadline arms timer 0 at r.Deadline.
func (t *step) armDeadline(r *row) { t.enqueue(r, 0, r.Deadline) }

// arm arms a timer; a second one with the same id replaces the first.
func (t *step) arm(r *row, id uint64, at history.Time) {
	t.unclock(r, id)
	t.enqueue(r, id, at)
	t.Put(rows.ArmedKey(r.Serial, id), rows.AppendU64(nil, uint64(at)))
	r.Timers++
	t.touch(r)
}

// unclock takes away what has a clock under an ordinal: a timer that is armed again, a task that is
// offered anew after a reopening. Ordinals rise, so mostly there is nothing to look for.
func (t *step) unclock(r *row, id uint64) {
	if id > r.Ordinal {
		r.Ordinal = id
		return
	}
	t.disarm(r, id)
	t.removeTask(r, id)
}

// armed returns when a timer is due; false when it is not armed.
func (t *step) armed(r *row, id uint64) (history.Time, bool) {
	if r.Timers == 0 {
		return 0, false
	}
	b := t.Get(rows.ArmedKey(r.Serial, id))
	if b == nil {
		return 0, false
	}
	return history.Time(rows.U64(b)), true
}

// disarm takes a timer away, if it is armed.
func (t *step) disarm(r *row, id uint64) {
	if at, ok := t.armed(r, id); ok {
		t.dequeue(r, id, at)
		t.Del(rows.ArmedKey(r.Serial, id))
		r.Timers--
		t.touch(r)
	}
}

// disarmDeadline takes timer 0 away, if it is armed.
func (t *step) disarmDeadline(r *row) {
	if r.Deadline != 0 {
		t.dequeue(r, 0, r.Deadline)
		r.Deadline = 0
	}
}

// armedIDs returns the first n armed timers of a run, by id.
func (t *step) armedIDs(r *row, n uint64) (ids []uint64) {
	if r.Timers == 0 {
		return nil
	}
	mine := rows.NumberKey(rows.FamilyArmed, r.Serial)
	t.Scan(mine, rows.After(mine), func(k, _ []byte) bool {
		if uint64(len(ids)) == n {
			return false
		}
		ids = append(ids, rows.U64(k[len(mine):]))
		return true
	})
	return ids
}

// enqueue sets a clock: of a timer or of the task of an ordinal.
func (t *step) enqueue(r *row, id uint64, at history.Time) {
	t.Put(rows.TimerKey(at, r.Serial, id), r.Run.RunID[:])
}

// dequeue takes a clock away, which is set.
func (t *step) dequeue(r *row, id uint64, at history.Time) {
	t.Del(rows.TimerKey(at, r.Serial, id))
}

// DueTimers implements View.
func (p *picture) DueTimers(now history.Time, limit int) (due []TimerRef) {
	if now < 0 {
		return nil
	}
	p.scanFront(&p.queues.timers, rows.Key(rows.FamilyTimer), rows.NumberKey(rows.FamilyTimer, uint64(now)+1), func(k, b []byte) bool {
		due = append(due, TimerRef{FireAt: history.Time(rows.U64(k[1:])), ID: rows.U64(k[17:]), RunID: history.RunID(b)})
		return len(due) < pageSize(limit)
	})
	return due
}

// NextTimer implements View.
func (p *picture) NextTimer() (at history.Time, ok bool) {
	p.scanFront(&p.queues.timers, rows.Key(rows.FamilyTimer), rows.Key(rows.FamilyTimer+1), func(k, _ []byte) bool {
		at, ok = history.Time(rows.U64(k[1:])), true
		return false
	})
	return at, ok
}
