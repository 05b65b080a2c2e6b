package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/history"
)

// Overlap says what a schedule does when it fires while a run of it is open.
type Overlap uint8

// Policies; the zero value is the default.
const (
	OverlapSkip           Overlap = 0
	OverlapBufferOne      Overlap = 1 // start one when the open one closes; further fires meanwhile are skipped
	OverlapCancelPrevious Overlap = 2 // ask the open ones to end, and start when they have
	OverlapAllowAll       Overlap = 3
)

// CatchUp says what a schedule does about fires that no leader was there for.
type CatchUp uint8

// Policies; the zero value is the default.
const (
	CatchUpOne  CatchUp = 0 // fire once, for the latest
	CatchUpNone CatchUp = 1
	CatchUpAll  CatchUp = 2
)

// Schedule starts runs at times. When it fires next is computed before the log: time zones and cron expressions are not the state machine's.
type Schedule struct {
	ID         string             `cbor:"1,keyasint"`
	Type       string             `cbor:"2,keyasint"`
	Input      history.Payload    `cbor:"3,keyasint,omitempty"`
	Attributes history.Attributes `cbor:"4,keyasint,omitempty"`
	Every      history.Duration   `cbor:"5,keyasint,omitempty"` // or
	Cron       string             `cbor:"6,keyasint,omitempty"`
	Timezone   string             `cbor:"7,keyasint,omitempty"` // of Cron, IANA; empty = UTC
	Overlap    Overlap            `cbor:"8,keyasint,omitempty"`
	CatchUp    CatchUp            `cbor:"9,keyasint,omitempty"`

	// What the state machine adds.
	Paused    bool              `cbor:"10,keyasint,omitempty"`
	Reason    string            `cbor:"11,keyasint,omitempty"` // of the pause
	CreatedAt history.Time      `cbor:"12,keyasint"`
	Next      history.Time      `cbor:"13,keyasint,omitempty"` // 0 = never: it is paused, or its expression matches no time any more
	Last      history.Time      `cbor:"14,keyasint,omitempty"` // newest time that it fired for
	Buffered  []Buffered        `cbor:"15,keyasint,omitempty"` // fires that wait for the open runs to close
	Open      []history.RunID   `cbor:"16,keyasint,omitempty"` // open runs, oldest first; at most 1,000, further fires count as skipped
	Recent    []history.RunID   `cbor:"17,keyasint,omitempty"` // newest runs, newest first, at most 10
	Started   uint64            `cbor:"18,keyasint,omitempty"` // runs
	Skipped   uint64            `cbor:"19,keyasint,omitempty"` // fires that overlapped
	Missed    uint64            `cbor:"20,keyasint,omitempty"` // fires that no leader was there for and CatchUp left out
	Failed    uint64            `cbor:"21,keyasint,omitempty"` // fires whose run could not start
	Failure   *history.RunError `cbor:"22,keyasint,omitempty"` // of the newest of these
	Revision  uint64            `cbor:"23,keyasint"`           // log index of its newest change by people: fences fires computed from an older one
}

// Buffered is a fire that waits for its turn.
type Buffered struct {
	At            history.Time   `cbor:"1,keyasint"`
	CheckedSchema catalog.Digest `cbor:"2,keyasint,omitzero"`
}

// PutSchedule makes a schedule, or with Replace changes one: its definition and Next; what it has counted stays. Refused: ScheduleExists, NoSchedule.
type PutSchedule struct {
	Schedule Schedule `cbor:"1,keyasint"` // of what the state machine adds only Paused, Reason and Next are read
	Replace  bool     `cbor:"2,keyasint,omitempty"`
}

// DeleteSchedule removes a schedule. Its runs go on; what is buffered is dropped.
type DeleteSchedule struct {
	ID string `cbor:"1,keyasint"`
}

// PauseSchedule stops a schedule from firing. Pausing a paused one changes nothing.
type PauseSchedule struct {
	ID     string `cbor:"1,keyasint"`
	Reason string `cbor:"2,keyasint,omitempty"`
}

// ResumeSchedule lets a schedule fire again, at Next first. Times that passed while it was paused are not missed: they were not to be.
type ResumeSchedule struct {
	ID   string       `cbor:"1,keyasint"`
	Next history.Time `cbor:"2,keyasint,omitempty"`
}

// FireSchedule starts runs for times of a schedule, each on the version that its type is routed to when this is applied, as the overlap policy allows. A fire that cannot
// start a run is counted with its reason: nothing but NoSchedule, Fenced and Recheck is refused.
type FireSchedule struct {
	ID            string         `cbor:"1,keyasint"`
	Revision      uint64         `cbor:"2,keyasint,omitempty"` // fence; 0 = none
	Due           history.Time   `cbor:"3,keyasint,omitempty"` // the Next that this settles: fenced by it; 0 = triggered or back-filled by somebody, Next stays
	Next          history.Time   `cbor:"4,keyasint,omitempty"` // with Due: the time after
	Times         []history.Time `cbor:"5,keyasint,omitempty"` // to fire for, oldest first, at most 1,000
	Missed        uint64         `cbor:"6,keyasint,omitempty"` // times left out by CatchUp
	CheckedSchema catalog.Digest `cbor:"7,keyasint,omitzero"`  // of the input schema that Input was checked against
	Problem       string         `cbor:"8,keyasint,omitempty"` // why Input does not fit that schema: the fires count as failed
	Overlap       *Overlap       `cbor:"9,keyasint,omitempty"` // instead of the schedule's
}

// ScheduleAnswer shows the schedule after the command; of FireSchedule also what it started.
type ScheduleAnswer struct {
	Schedule Schedule      `cbor:"1,keyasint"`
	Started  []StartAnswer `cbor:"2,keyasint,omitempty"`
}

// NoSchedule refuses a command on a schedule that does not exist.
type NoSchedule struct {
	ID string `cbor:"1,keyasint"`
}

func (r *NoSchedule) Error() string         { return fmt.Sprintf("there is no schedule with id %q", r.ID) }
func (r *NoSchedule) Code() string          { return "not_found" }
func (r *NoSchedule) Facts() map[string]any { return map[string]any{"schedule_id": r.ID} }

// ScheduleExists refuses to make a schedule under an id that is taken.
type ScheduleExists struct {
	ID string `cbor:"1,keyasint"`
}

func (r *ScheduleExists) Error() string {
	return fmt.Sprintf("there is a schedule with id %q already", r.ID)
}
func (r *ScheduleExists) Code() string          { return "invalid_state" }
func (r *ScheduleExists) Facts() map[string]any { return map[string]any{"schedule_id": r.ID} }

// Kind implements Command.
func (*PutSchedule) Kind() Kind    { return KindPutSchedule }
func (*DeleteSchedule) Kind() Kind { return KindDeleteSchedule }
func (*PauseSchedule) Kind() Kind  { return KindPauseSchedule }
func (*ResumeSchedule) Kind() Kind { return KindResumeSchedule }
func (*FireSchedule) Kind() Kind   { return KindFireSchedule }
func (*ScheduleAnswer) answer()    {}

func (c *PutSchedule) apply(t *step) (Answer, Refusal)    { panic("being built") }
func (c *DeleteSchedule) apply(t *step) (Answer, Refusal) { panic("being built") }
func (c *PauseSchedule) apply(t *step) (Answer, Refusal)  { panic("being built") }
func (c *ResumeSchedule) apply(t *step) (Answer, Refusal) { panic("being built") }
func (c *FireSchedule) apply(t *step) (Answer, Refusal)   { panic("being built") }

// Schedule implements View.
func (p *picture) Schedule(id string) (Schedule, bool) { panic("being built") }

// Schedules implements View.
func (p *picture) Schedules(after string, limit int) []Schedule { panic("being built") }

// DueSchedules implements View.
func (p *picture) DueSchedules(now history.Time, limit int) []Schedule { panic("being built") }

// NextSchedule implements View.
func (p *picture) NextSchedule() (history.Time, bool) { panic("being built") }
