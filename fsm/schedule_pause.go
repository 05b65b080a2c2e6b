package fsm

// PauseSchedule stops a schedule from firing, and drops what is buffered: nothing starts any more
// unless somebody asks for it. Pausing a paused one changes nothing. Refused: NoSchedule.
type PauseSchedule struct {
	ID     string `cbor:"1,keyasint"`
	Reason string `cbor:"2,keyasint,omitempty"`
}

// Kind implements Command.
func (*PauseSchedule) Kind() Kind { return KindPauseSchedule }

func (c *PauseSchedule) apply(t *step) (Answer, Refusal) {
	if len(c.Reason) > maxText {
		return nil, tooLong("reason", len(c.Reason))
	}
	s := t.askedSchedule(c.ID)
	if s == nil {
		return nil, &NoSchedule{ID: clip(c.ID)}
	}
	if !s.Paused {
		s.pause(c.Reason)
		s.Revision = t.index
		t.putSchedule(s)
	}
	return s.answer(), nil
}

func (s *schedule) pause(reason string) {
	s.Paused, s.Reason, s.Next = true, reason, 0
	s.Skipped += uint64(len(s.Buffered))
	s.Buffered, s.Ending = nil, false
}
