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

// apartRow is what stands in the row behind that byte.
type apartRow struct {
	Schedule Schedule `cbor:"1,keyasint"`           // without Input, Attributes and Open
	Open     []byte   `cbor:"2,keyasint,omitempty"` // run ids of Open, one behind the other
	Weight   uint64   `cbor:"3,keyasint"`           // see Schedule.weight
	Work     uint64   `cbor:"4,keyasint"`           // see Schedule.startWork
}

// apart is what a schedule of the second layout has besides its row.
type apart struct {
	weight, work uint64 // as in apartRow
	input        *scheduleInput
	asked        bool // all open runs have been asked to end
	stale        bool // changed by the entry being applied
	deleted      bool // by the entry being applied
}

// encodedRow is the row of s.
func (s *Schedule) encodedRow() []byte {
	if s.apart == nil {
		return encoded(s)
	}
	row := apartRow{Schedule: *s, Weight: s.apart.weight, Work: s.apart.work}
	row.Schedule.Open = nil
	for _, id := range s.Open {
		row.Open = append(row.Open, id[:]...)
	}
	return append([]byte{rowApart}, encoded(row)...)
}

// decodeSchedule reads a row. Of the second layout the schedule lacks Input and Attributes.
func decodeSchedule(b []byte) (*Schedule, error) {
	if len(b) == 0 || b[0] != rowApart {
		s := new(Schedule)
		return s, decode.Unmarshal(b, s)
	}
	var row apartRow
	if err := decode.Unmarshal(b[1:], &row); err != nil {
		return nil, err
	}
	s := &row.Schedule
	for id := range slices.Chunk(row.Open, len(history.RunID{})) {
		s.Open = append(s.Open, history.RunID(id))
	}
	s.apart = &apart{weight: row.Weight, work: row.Work}
	return s, nil
}

// scheduleChanges are the schedules of the second layout that an entry has read, and those that it
// changes, in order.
type scheduleChanges struct {
	read  map[string]*Schedule // by id
	stale []*Schedule
	work  uint64 // what writing them will cost
}

func (c *scheduleChanges) reset() {
	clear(c.read)
	clear(c.stale)
	c.stale, c.work = c.stale[:0], 0
}

// note remembers that s changes.
func (c *scheduleChanges) note(s *Schedule) {
	if s.apart.stale {
		return
	}
	s.apart.stale = true
	c.read[s.ID] = s
	c.stale = append(c.stale, s)
	c.work += 3 + uint64(len(s.Open)*len(history.RunID{}))/bytesPerUnit
}

// forget takes s, which is deleted, out of what will be written.
func (c *scheduleChanges) forget(s *Schedule) {
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
