package fsm

import (
	"fmt"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Bounds of schedules.
const (
	MaxScheduleID = 150    // characters: with ":" and a time behind it, it is still a workflow id
	MaxSchedules  = 10_000 // of a cluster
	MaxTimings    = 10     // definitions of its times
	MaxFires      = 1000   // times of one FireSchedule; see FiresAtOnce
	maxFireBytes  = 8 << 20
	maxOpenRuns   = 1000
	maxRecentRuns = 10
)

// schedule is a schedule that an entry reads or changes.
type schedule struct {
	rows.Schedule

	listed history.Time // where its row stands in the index of fires; 0 = nowhere
	apart  *apart       // nil = the row is of the first layout, see schedule_row.go
}

// FiresAtOnce is how many times one FireSchedule of s may carry: every run gets a copy of the
// input, and of the attributes with a row in the index for each value and item, and an entry must
// stay small.
func FiresAtOnce(s *rows.Schedule) int {
	return firesOf(weightOf(longest(s, &rows.ScheduleInput{Input: s.Input, Attributes: s.Attributes})))
}

func firesOf(weight uint64) int { return int(max(1, min(MaxFires, maxFireBytes/weight))) }

// firesAtMost is what the entry allows: in those of earlier builds attributes weighed what input
// does.
func (s *schedule) firesAtMost(t *step) int {
	if t.budget > 0 || s.apart != nil {
		return firesOf(s.weight())
	}
	return max(1, min(MaxFires, maxFireBytes/(1<<10+len(s.Input)+len(rows.Encoded(s.Attributes)))))
}

// ScheduleAnswer shows the schedule after the command, without Input and Attributes, which may be
// large: answers are remembered. Of FireSchedule also what it started.
type ScheduleAnswer struct {
	Schedule rows.Schedule `cbor:"1,keyasint"`
	Started  []StartAnswer `cbor:"2,keyasint,omitempty"`
}

func (*ScheduleAnswer) answer() {}

func (s *schedule) answer() *ScheduleAnswer {
	shown := s.Schedule
	shown.Input, shown.Attributes = nil, nil
	shown.Open, shown.Recent, shown.Buffered = slices.Clone(s.Open), slices.Clone(s.Recent), slices.Clone(s.Buffered) // the entry may go on to change s
	return &ScheduleAnswer{Schedule: shown}
}

// NoSchedule refuses a command on a schedule that does not exist.
type NoSchedule struct {
	ID string `cbor:"1,keyasint"`
}

func (r *NoSchedule) Error() string {
	return fmt.Sprintf("there is no schedule with id %s", catalog.Quote(r.ID))
}
func (r *NoSchedule) Code() string          { return "not_found" }
func (r *NoSchedule) Facts() map[string]any { return map[string]any{"schedule_id": r.ID} }

// ScheduleExists refuses to make a schedule under an id that is taken.
type ScheduleExists struct {
	ID string `cbor:"1,keyasint"`
}

func (r *ScheduleExists) Error() string {
	return fmt.Sprintf("there is a schedule with id %s already", catalog.Quote(r.ID))
}
func (r *ScheduleExists) Code() string          { return "invalid_state" }
func (r *ScheduleExists) Facts() map[string]any { return map[string]any{"schedule_id": r.ID} }
