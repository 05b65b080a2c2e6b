package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// ResumeSchedule lets a schedule fire again, at Next first. Times that passed while it was paused
// are not missed: they were not to be. Resuming one that is not paused changes nothing. Refused:
// NoSchedule, and Recheck when the schedule is not the one that Next was computed for.
type ResumeSchedule struct {
	ID       string       `cbor:"1,keyasint"`
	Next     history.Time `cbor:"2,keyasint,omitempty"`
	Revision uint64       `cbor:"3,keyasint,omitempty"` // of the schedule that Next was computed for
}

// Kind implements Command.
func (*ResumeSchedule) Kind() Kind { return KindResumeSchedule }

func (c *ResumeSchedule) apply(t *step) (Answer, Refusal) {
	s := t.askedSchedule(c.ID)
	switch {
	case s == nil:
		return nil, &NoSchedule{ID: clip(c.ID)}
	case !s.Paused:
		return s.answer(), nil
	case c.Revision != s.Revision:
		return nil, &Recheck{Type: s.Type}
	case c.Next < 0:
		return nil, &catalog.InvalidInput{Field: "next", Reason: "is before 1970"}
	}
	s.Paused, s.Reason, s.Next, s.Revision = false, "", c.Next, t.index
	if s.Over() {
		s.Next = 0
	}
	t.putSchedule(s)
	return s.answer(), nil
}
