package fsm

import "aion.dev/aion/fsm/history"

// scheduleInput is what every run of a schedule is started with. It is written with the definition,
// and read when a fire starts a run or somebody reads the schedule.
type scheduleInput struct {
	Input      history.Payload    `cbor:"1,keyasint,omitempty"`
	Attributes history.Attributes `cbor:"2,keyasint,omitempty"`
}

// setApart moves input and attributes to a row of their own.
func (t *step) setApart(s *schedule) {
	t.putInput(s, scheduleInput{s.Input, s.Attributes})
	s.Input, s.Attributes = nil, nil
}

func (t *step) putInput(s *schedule, in scheduleInput) {
	if s.apart == nil {
		s.apart = new(apart)
	}
	s.apart.input = &in
	s.apart.weight, s.apart.work = weightOf(&in), startWorkOf(&in)
	t.put(textKey(keyInput, s.ID), encoded(in))
}

// inputOf is what a run of s starts with. An entry reads it once.
func (t *step) inputOf(s *schedule) *scheduleInput {
	if s.apart == nil {
		return &scheduleInput{s.Input, s.Attributes}
	}
	if s.apart.input == nil {
		s.apart.input = new(scheduleInput)
		t.read(textKey(keyInput, s.ID), s.apart.input)
	}
	return s.apart.input
}

// weightOf is how much of maxFireBytes a run takes: it gets a copy of the input, and of the
// attributes with a row in the index for each value and item.
func weightOf(in *scheduleInput) uint64 {
	return 1<<10 + uint64(len(in.Input)) + attributeWeight*uint64(len(encoded(in.Attributes)))
}

// startWorkOf is what starting a run costs, in units.
func startWorkOf(in *scheduleInput) uint64 {
	return 20 + bytesWork(in.Input) + copiedOf(in) + attributesWork(in.Attributes)
}

// copiedOf is what the input of a run costs beyond that of a command's own: no byte of it was in the
// entry, so the log's limits do not bound it. It was measured.
func copiedOf(in *scheduleInput) uint64 { return 2 * bytesWork(in.Input) }

// attributeWeight is how much dearer a byte of attributes is than one of input.
const attributeWeight = 64

func (s *schedule) weight() uint64 {
	if s.apart != nil {
		return s.apart.weight
	}
	return weightOf(&scheduleInput{s.Input, s.Attributes})
}

func (s *schedule) startWork() uint64 {
	if s.apart != nil {
		return s.apart.work
	}
	return startWorkOf(&scheduleInput{s.Input, s.Attributes})
}
