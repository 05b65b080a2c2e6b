package rows

import (
	"bytes"

	"aion.dev/aion/fsm/history"
)

// ScheduleInput is what every run of a schedule is started with. It is written with the definition,
// and read when a fire starts a run or somebody reads the schedule.
type ScheduleInput struct {
	Input      history.Payload    `cbor:"1,keyasint,omitempty"`
	Attributes history.Attributes `cbor:"2,keyasint,omitempty"`
}

// FireTimePlace is the place in the strings of a schedule's input where each run has the time for
// which the schedule fired.
const FireTimePlace = "{{fire_time}}"

// HasPlaces reports whether an input has a place for the time of a fire. Within JSON two braces can
// only stand in a string.
func HasPlaces(input history.Payload) bool { return bytes.Contains(input, []byte(FireTimePlace)) }

// Filled is what a run for a time gets as its input. The text of a time needs no escaping.
func (s *Schedule) Filled(input history.Payload, at history.Time) history.Payload {
	if !s.Fills {
		return input
	}
	return bytes.ReplaceAll(input, []byte(FireTimePlace), []byte(at.String()))
}

// LongestFilled is what Filled returns at most.
func (s *Schedule) LongestFilled(input history.Payload) history.Payload { return s.Filled(input, 1) }
