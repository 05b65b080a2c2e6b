package rows

import (
	"slices"

	"aion.dev/aion/fsm/history"
)

// rowApart is the first byte of a row of the second layout. A row of the first is a CBOR map, which
// never begins so: an earlier build stops here.
const rowApart = 1

// ScheduleRow is what is stored of a schedule. It has one of two layouts. In the first, of earlier
// builds, the row is the whole Schedule. In the second the input and the attributes have a row of
// their own, ScheduleInput, and the open runs are packed.
type ScheduleRow struct {
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

// Encode writes the row.
func (r *ScheduleRow) Encode() []byte {
	if !r.Apart {
		return Encoded(&r.Schedule)
	}
	row := apartRow{Schedule: r.Schedule, Weight: r.Weight, Work: r.Work}
	row.Schedule.Open = nil
	for _, id := range r.Schedule.Open {
		row.Open = append(row.Open, id[:]...)
	}
	return append([]byte{rowApart}, Encoded(row)...)
}

// DecodeSchedule reads a row. Of the second layout the schedule lacks Input and Attributes.
func DecodeSchedule(b []byte) (r ScheduleRow, err error) {
	if len(b) == 0 || b[0] != rowApart {
		return r, Decode(b, &r.Schedule)
	}
	var row apartRow
	if err := Decode(b[1:], &row); err != nil {
		return r, err
	}
	r = ScheduleRow{Schedule: row.Schedule, Apart: true, Weight: row.Weight, Work: row.Work}
	for id := range slices.Chunk(row.Open, len(history.RunID{})) {
		r.Schedule.Open = append(r.Schedule.Open, history.RunID(id))
	}
	return r, nil
}
