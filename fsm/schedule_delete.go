package fsm

// DeleteSchedule removes a schedule. Its runs go on; what is buffered is dropped. The answer shows
// it as it stood. Refused: NoSchedule.
type DeleteSchedule struct {
	ID string `cbor:"1,keyasint"`
}

// Kind implements Command.
func (*DeleteSchedule) Kind() Kind { return KindDeleteSchedule }

func (c *DeleteSchedule) apply(t *step) (Answer, Refusal) {
	s := t.askedSchedule(c.ID)
	if s == nil {
		return nil, &NoSchedule{ID: clip(c.ID)}
	}
	t.delSchedule(s)
	t.meta.Schedules--
	return s.answer(), nil
}
