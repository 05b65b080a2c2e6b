package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// PutSchedule makes a schedule, or with Replace changes one: its definition, whether it is paused,
// and Next; what it has counted, its runs and a fire that waits stay. Refused: ScheduleExists,
// NoSchedule, resource_exhausted, and Recheck when it has fired for Next already.
type PutSchedule struct {
	Schedule rows.Schedule `cbor:"1,keyasint"` // of what the state machine adds only Paused, Reason and Next are read
	Replace  bool          `cbor:"2,keyasint,omitempty"`
	Apart    bool          `cbor:"3,keyasint,omitempty"` // its row is of the second layout from now on, see schedule_row.go; false in entries of earlier builds
}

// Kind implements Command.
func (*PutSchedule) Kind() Kind { return KindPutSchedule }

func (c *PutSchedule) apply(t *step) (Answer, Refusal) {
	d := &c.Schedule
	if refusal := checkSchedule(d); refusal != nil {
		return nil, refusal
	}
	s := t.readSchedule(d.ID)
	switch {
	case (s == nil || !t.who.Only.HasType(s.Type)) && c.Replace:
		return nil, &NoSchedule{ID: d.ID}
	case s != nil && !c.Replace:
		return nil, &ScheduleExists{ID: d.ID}
	case s != nil && d.Next != 0 && d.Next <= s.Last: // it has fired for that meanwhile
		return nil, &Recheck{Type: s.Type}
	case t.level() < d.Level():
		return nil, &Fenced{Why: "nodes of an earlier build are not replaced yet"}
	case t.level() >= 4 && namespace.Of(d.ID) != namespace.Of(d.Type):
		return nil, &catalog.InvalidInput{Field: "type", Reason: "is of another namespace"}
	case d.Level() >= 5 && !c.Apart:
		return nil, &Fenced{Why: "rows of the first layout do not have that"}
	case s == nil && t.meta.Schedules >= MaxSchedules:
		return nil, &ResourceExhausted{What: "schedules", Limit: MaxSchedules}
	case s == nil:
		s = &schedule{Schedule: rows.Schedule{ID: d.ID, CreatedAt: t.now}}
		t.meta.Schedules++
	}
	s.Redefine(d)
	if c.Apart || s.apart != nil {
		s.Input, s.Attributes = nil, nil
		t.putInput(s, rows.ScheduleInput{Input: d.Input, Attributes: d.Attributes})
	} else {
		s.Input, s.Attributes = d.Input, d.Attributes
	}
	s.Paused, s.Reason, s.Revision = false, "", t.index
	if d.Paused {
		s.pause(d.Reason)
	}
	for i := range s.Buffered {
		s.Buffered[i].CheckedSchema = catalog.Digest{} // that was of the input before
	}
	t.putSchedule(s)
	return s.answer(), nil
}

// checkSchedule refuses a definition that could not be stored or fired, whatever its expression
// says.
func checkSchedule(s *rows.Schedule) Refusal {
	if refusal := checkScheduleID(s.ID); refusal != nil {
		return refusal
	}
	for _, f := range []struct {
		name string
		bad  bool
		why  string
	}{
		{"overlap", s.Overlap > rows.OverlapTerminatePrevious, fmt.Sprintf("has no policy %d", s.Overlap)},
		{"catch_up", s.CatchUp > rows.CatchUpAll, fmt.Sprintf("has no policy %d", s.CatchUp)},
		{"next", s.Next < 0, "is before 1970"},
		{"ends_at", s.EndsAt < 0, "is before 1970"},
		{"jitter", s.Jitter < 0, "is negative"},
		{"also", len(s.Also) > MaxTimings-1, fmt.Sprintf("has %d definitions of times, the limit is %d", len(s.Also), MaxTimings-1)},
		{"reason", len(s.Reason) > maxText, fmt.Sprintf("has %d bytes, the limit is %d", len(s.Reason), maxText)},
	} {
		if f.bad {
			return &catalog.InvalidInput{Field: f.name, Reason: f.why}
		}
	}
	return nil
}

func checkScheduleID(id string) Refusal {
	if bare := namespace.Bare(id); len(bare) > MaxScheduleID {
		return &catalog.InvalidInput{Field: "schedule_id", Reason: fmt.Sprintf("has %d characters, the limit is %d", len(bare), MaxScheduleID)}
	}
	if err := checkWorkflowID(id); err != nil {
		return &catalog.InvalidInput{Field: "schedule_id", Reason: err.Error()}
	}
	return nil
}
