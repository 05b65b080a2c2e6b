package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// FireSchedule starts runs for times of a schedule, each on the version that its type is routed to
// when this is applied, as the overlap policy allows. Before that it starts what is buffered if
// that is stuck. A fire that cannot start a run is counted with its reason: refused are only what
// cannot be meant, and NoSchedule; Fenced, when the schedule does not fire at Due any more or not
// yet; Recheck, when the schedule was changed or its type is routed to a version with another input
// schema, or when the entry has no room for what it costs.
type FireSchedule struct {
	ID            string         `cbor:"1,keyasint"`
	Revision      uint64         `cbor:"2,keyasint,omitempty"` // fence; 0 = none
	Due           history.Time   `cbor:"3,keyasint,omitempty"` // the Next that this settles: fenced by it; 0 = triggered or back-filled by somebody, Next stays
	Next          history.Time   `cbor:"4,keyasint,omitempty"` // with Due: the time after
	Times         []history.Time `cbor:"5,keyasint,omitempty"` // to fire for, oldest first, at most FiresAtOnce
	Missed        uint64         `cbor:"6,keyasint,omitempty"` // times left out by CatchUp
	CheckedSchema catalog.Digest `cbor:"7,keyasint,omitzero"`  // of the input schema that Input was checked against
	Problem       string         `cbor:"8,keyasint,omitempty"` // why Input does not fit that schema: the fires count as failed
	Overlap       *rows.Overlap  `cbor:"9,keyasint,omitempty"` // instead of the schedule's

	Apart bool   `cbor:"10,keyasint,omitempty"` // the schedule's row is of the second layout from now on, see schedule_row.go; false in entries of earlier builds
	Work  uint64 `cbor:"11,keyasint,omitempty"` // what it will cost, as FireWork tells: for Estimate
}

// Kind implements Command.
func (*FireSchedule) Kind() Kind { return KindFireSchedule }

func (c *FireSchedule) apply(t *step) (Answer, Refusal) {
	s := t.askedSchedule(c.ID)
	if s == nil {
		return nil, &NoSchedule{ID: clip(c.ID)}
	}
	if refusal := c.check(t, s); refusal != nil {
		return nil, refusal
	}
	if c.Apart && s.apart == nil {
		t.setApart(s)
	}
	answer := new(ScheduleAnswer)
	f := firing{t: t, s: s, checked: c.CheckedSchema, problem: c.Problem, answer: answer}
	if s.Stuck() {
		f.unstick()
	}
	times := c.Times
	if c.Due != 0 && s.Fires > 0 {
		times = times[:min(uint64(len(times)), s.Fires-min(s.Fired, s.Fires))]
		s.Fired += uint64(len(times))
	}
	overlap := c.overlapOf(s)
	for i, at := range times {
		f.fire(at, overlap, i == len(times)-1)
	}
	s.Missed += c.Missed
	if c.Due != 0 {
		s.Next = c.Next
	}
	if s.Over() {
		s.Next = 0
	}
	t.putSchedule(s)
	answer.Schedule = s.answer().Schedule
	return answer, nil
}

func (c *FireSchedule) check(t *step, s *schedule) Refusal {
	switch {
	case c.Revision != 0 && c.Revision != s.Revision:
		return &Recheck{Type: s.Type}
	case c.Due != 0 && s.Next == 0:
		return &Fenced{Why: fmt.Sprintf("schedule %s does not fire, not at %s either", s.ID, c.Due)}
	case c.Due != 0 && c.Due != s.Next:
		return &Fenced{Why: fmt.Sprintf("schedule %s fires at %s next, not at %s", s.ID, s.Next, c.Due)}
	case c.Due != 0 && s.DueAt(c.Due) > t.now:
		return &Fenced{Why: fmt.Sprintf("schedule %s fires at %s, which is to come", s.ID, s.DueAt(c.Due))}
	case c.Next != 0 && c.Next <= c.Due:
		return &catalog.InvalidInput{Field: "next", Reason: "is not after the time that is fired"}
	case c.Overlap != nil && *c.Overlap == rows.OverlapBufferAll && t.level() < 4:
		return &Fenced{Why: "nodes of an earlier build are not replaced yet"}
	case c.Overlap != nil && *c.Overlap == rows.OverlapTerminatePrevious && (t.level() < 5 || !c.Apart):
		return &Fenced{Why: "nodes of an earlier build are not replaced yet"}
	case c.Overlap != nil && *c.Overlap > rows.OverlapTerminatePrevious:
		return &catalog.InvalidInput{Field: "overlap", Reason: fmt.Sprintf("has no policy %d", *c.Overlap)}
	case len(c.Problem) > maxText:
		return tooLong("problem", len(c.Problem))
	case len(c.Times) > s.firesAtMost(t):
		return &ResourceExhausted{What: "fires of this schedule in one command", Limit: uint64(s.firesAtMost(t))}
	}
	if len(c.Times) == 0 && !s.Stuck() {
		return nil
	}
	if _, _, member, ok := t.s.catalog.ResolveFor(s.Type, t.lotOfSchedule(s)); ok && member.InputSchema != c.CheckedSchema {
		return &Recheck{Type: s.Type, Schema: member.InputSchema}
	}
	if c.Apart && !t.affords(c.workOn(s)) {
		return &Recheck{Type: s.Type, Schema: c.CheckedSchema}
	}
	return nil
}
