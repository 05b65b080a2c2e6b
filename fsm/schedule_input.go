package fsm

import "aion.dev/aion/fsm/rows"

// setApart moves input and attributes to a row of their own.
func (t *step) setApart(s *schedule) {
	t.putInput(s, rows.ScheduleInput{Input: s.Input, Attributes: s.Attributes})
	s.Input, s.Attributes = nil, nil
}

func (t *step) putInput(s *schedule, in rows.ScheduleInput) {
	if s.apart == nil {
		s.apart = new(apart)
	}
	s.apart.input = &in
	most := longest(&s.Schedule, &in)
	s.apart.weight, s.apart.work = weightOf(most), startWorkOf(most)
	t.Put(rows.TextKey(rows.FamilyInput, s.ID), rows.Encoded(in))
}

// inputOf is what a run of s starts with. An entry reads it once.
func (t *step) inputOf(s *schedule) *rows.ScheduleInput {
	if s.apart == nil {
		return &rows.ScheduleInput{Input: s.Input, Attributes: s.Attributes}
	}
	if s.apart.input == nil {
		s.apart.input = new(rows.ScheduleInput)
		t.Read(rows.TextKey(rows.FamilyInput, s.ID), s.apart.input)
	}
	return s.apart.input
}

// longest is what a run gets at most.
func longest(s *rows.Schedule, in *rows.ScheduleInput) *rows.ScheduleInput {
	if !s.Fills {
		return in
	}
	return &rows.ScheduleInput{Input: s.LongestFilled(in.Input), Attributes: in.Attributes}
}

// weightOf is how much of maxFireBytes a run takes: it gets a copy of the input, and of the
// attributes with a row in the index for each value and item.
func weightOf(in *rows.ScheduleInput) uint64 {
	return 1<<10 + uint64(len(in.Input)) + attributeWeight*uint64(len(rows.Encoded(in.Attributes)))
}

// startWorkOf is what starting a run costs, in units.
func startWorkOf(in *rows.ScheduleInput) uint64 {
	return 20 + bytesWork(in.Input) + copiedOf(in) + attributesWork(in.Attributes)
}

// copiedOf is what the input of a run costs beyond that of a command's own: no byte of it was in
// the entry, so the log's limits do not bound it. It was measured.
func copiedOf(in *rows.ScheduleInput) uint64 { return 2 * bytesWork(in.Input) }

// attributeWeight is how much dearer a byte of attributes is than one of input.
const attributeWeight = 64

func (s *schedule) weight() uint64 {
	if s.apart != nil {
		return s.apart.weight
	}
	return weightOf(&rows.ScheduleInput{Input: s.Input, Attributes: s.Attributes})
}

func (s *schedule) startWork() uint64 {
	if s.apart != nil {
		return s.apart.work
	}
	return startWorkOf(longest(&s.Schedule, &rows.ScheduleInput{Input: s.Input, Attributes: s.Attributes}))
}
