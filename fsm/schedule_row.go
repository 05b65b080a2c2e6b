package fsm

import (
	"slices"

	"aion.dev/aion/fsm/history"
)

// A schedule's row has one of two layouts. In the first, of earlier builds, the row is the whole
// Schedule, and every change writes all of it: up to 2 MiB of input for each run that closes. In
// the second the input and the attributes have a row of their own (schedule_input.go), the open
// runs are packed, and the row is written once an entry, at its end. A command with Apart moves a
// schedule to the second layout, for ever; whatever else comes keeps the layout that it finds, so a
// log of earlier builds has the rows that it had.

// rowApart is the first byte of a row of the second layout. A row of the first is a CBOR map, which
// never begins so: an earlier build stops here.
const rowApart = 1

// scheduleRow is what is stored of a schedule.
type scheduleRow struct {
	Schedule Schedule
	Apart    bool // the row is of the second layout: input and attributes stand elsewhere

	Weight uint64 // of the second layout: how much of one FireSchedule a run takes
	Work   uint64 // of the second layout: what starting a run costs, in units of work
}

// apartRow is what stands in a row of the second layout behind its first byte.
type apartRow struct {
	Schedule Schedule `cbor:"1,keyasint"`           // without Input, Attributes and Open
	Open     []byte   `cbor:"2,keyasint,omitempty"` // run ids of Open, one behind the other
	Weight   uint64   `cbor:"3,keyasint"`
	Work     uint64   `cbor:"4,keyasint"`
}

// encode writes the row.
func (r *scheduleRow) encode() []byte {
	if !r.Apart {
		return encoded(&r.Schedule)
	}
	row := apartRow{Schedule: r.Schedule, Weight: r.Weight, Work: r.Work}
	row.Schedule.Open = nil
	for _, id := range r.Schedule.Open {
		row.Open = append(row.Open, id[:]...)
	}
	return append([]byte{rowApart}, encoded(row)...)
}

// decodeSchedule reads a row. Of the second layout the schedule lacks Input and Attributes.
func decodeSchedule(b []byte) (r scheduleRow, err error) {
	if len(b) == 0 || b[0] != rowApart {
		return r, decode(b, &r.Schedule)
	}
	var row apartRow
	if err := decode(b[1:], &row); err != nil {
		return r, err
	}
	r = scheduleRow{Schedule: row.Schedule, Apart: true, Weight: row.Weight, Work: row.Work}
	for id := range slices.Chunk(row.Open, len(history.RunID{})) {
		r.Schedule.Open = append(r.Schedule.Open, history.RunID(id))
	}
	return r, nil
}

// apart is what a step knows of a schedule of the second layout.
type apart struct {
	weight, work uint64 // as in the row
	input        *scheduleInput
	asked        bool // all open runs have been asked to end
	stale        bool // changed by the entry being applied
	deleted      bool // by the entry being applied
}

// encodedRow is the row of s.
func (s *schedule) encodedRow() []byte {
	row := scheduleRow{Schedule: s.Schedule}
	if s.apart != nil {
		row.Apart, row.Weight, row.Work = true, s.apart.weight, s.apart.work
	}
	return row.encode()
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
	c.work += 3 + uint64(len(s.Open)*len(history.RunID{}))/bytesPerUnit
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
			t.put(textKey(keySchedule, s.ID), s.encodedRow())
			t.listFire(s)
		}
	}
}
