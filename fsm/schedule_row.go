package fsm

import (
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// A schedule's row has one of two layouts. In the first, of earlier builds, the row is the whole
// Schedule, and every change writes all of it: up to 2 MiB of input for each run that closes. In
// the second the input and the attributes have a row of their own (schedule_input.go), the open
// runs are packed, and the row is written once an entry, at its end. A command with Apart moves a
// schedule to the second layout, for ever; whatever else comes keeps the layout that it finds, so a
// log of earlier builds has the rows that it had.

// apart is what a step knows of a schedule of the second layout.
type apart struct {
	weight, work uint64 // as in the row
	input        *rows.ScheduleInput
	asked        bool // all open runs have been asked to end
	stale        bool // changed by the entry being applied
	deleted      bool // by the entry being applied
}

// encodedRow is the row of s.
func (s *schedule) encodedRow() []byte {
	row := rows.ScheduleRow{Schedule: s.Schedule}
	if s.apart != nil {
		row.Apart, row.Weight, row.Work = true, s.apart.weight, s.apart.work
	}
	return row.Encode()
}

// scheduleChanges are the schedules of the second layout that an entry has read, and those that it
// changes, in order.
type scheduleChanges struct {
	read  map[string]*schedule // by id
	stale []*schedule
	work  uint64 // what writing them will cost
}

func (c *scheduleChanges) reset() {
	clear(c.read)
	clear(c.stale)
	c.stale, c.work = c.stale[:0], 0
}

// note remembers that s changes.
func (c *scheduleChanges) note(s *schedule) {
	if s.apart.stale {
		return
	}
	s.apart.stale = true
	c.read[s.ID] = s
	c.stale = append(c.stale, s)
	c.work += 3 + uint64(len(s.Open)*len(history.RunID{}))/store.BytesPerUnit
}

// forget takes s, which is deleted, out of what will be written.
func (c *scheduleChanges) forget(s *schedule) {
	s.apart.deleted = true
	delete(c.read, s.ID)
}

// storeSchedules writes the schedules of the second layout that changed.
func (t *step) storeSchedules() {
	for _, s := range t.schedules.stale {
		if !s.apart.deleted {
			t.Put(rows.TextKey(rows.FamilySchedule, s.ID), s.encodedRow())
			t.listFire(s)
		}
	}
}
