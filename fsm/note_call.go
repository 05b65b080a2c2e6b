package fsm

// NoteCall changes nothing. It is for calls that are no command of the log, such as a transfer of
// leadership or the storing of an archive: their request key is remembered with it. Level 7.
type NoteCall struct{}

// Kind implements Command.
func (*NoteCall) Kind() Kind { return KindNoteCall }

func (*NoteCall) apply(*step) (Answer, Refusal) { return new(Done), nil }
