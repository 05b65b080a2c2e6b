package rows

import (
	"crypto/sha256"
	"encoding/binary"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// Overlap says what a schedule does when it fires while a run of it is open.
type Overlap uint8

// Policies; the zero value is the default.
const (
	OverlapSkip           Overlap = 0
	OverlapBufferOne      Overlap = 1 // start one when the open ones have closed; further fires meanwhile are skipped
	OverlapCancelPrevious Overlap = 2 // ask the open ones to end, and start when they have; of several fires meanwhile the newest
	OverlapAllowAll       Overlap = 3
	OverlapBufferAll      Overlap = 4 // start one after the other, in the order of their times; level 4

	OverlapTerminatePrevious Overlap = 5 // end the open ones at once, and start; of several fires at once the newest; level 5
)

// CatchUp says what a schedule does about fires that no leader was there for.
type CatchUp uint8

// Policies; the zero value is the default.
const (
	CatchUpOne  CatchUp = 0 // fire once, for the latest
	CatchUpNone CatchUp = 1
	CatchUpAll  CatchUp = 2
)

// Schedule starts runs at times. When it fires next is computed before the log: time zones and cron
// expressions are not the state machine's.
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

	// Level 4.
	EndsAt         history.Time     `cbor:"24,keyasint,omitempty"` // it does not fire for later times; 0 = without end
	Fires          uint64           `cbor:"25,keyasint,omitempty"` // for how many of its times it fires; 0 = without end
	Jitter         history.Duration `cbor:"26,keyasint,omitempty"` // a fire comes less than so much after its time
	PauseOnFailure bool             `cbor:"27,keyasint,omitempty"` // a run that failed or timed out pauses it

	// Level 5.
	Also  []Timing `cbor:"29,keyasint,omitempty"` // it fires at these times, too
	Fills bool     `cbor:"30,keyasint,omitempty"` // Input has places for the time of a fire, see Filled

	// What the state machine adds.
	Paused    bool              `cbor:"10,keyasint,omitempty"`
	Reason    string            `cbor:"11,keyasint,omitempty"` // of the pause
	CreatedAt history.Time      `cbor:"12,keyasint"`
	Next      history.Time      `cbor:"13,keyasint,omitempty"` // 0 = never: it is paused, or its expression matches no time any more
	Last      history.Time      `cbor:"14,keyasint,omitempty"` // newest time that it fired for, whatever came of it
	Buffered  []Buffered        `cbor:"15,keyasint,omitempty"` // fires that wait for the open runs to close, in order: at most one, or MaxBuffered
	Open      []history.RunID   `cbor:"16,keyasint,omitempty"` // open runs, oldest first; at most 1,000, further fires count as skipped
	Recent    []history.RunID   `cbor:"17,keyasint,omitempty"` // newest runs, newest first, at most 10; they may have been purged since
	Started   uint64            `cbor:"18,keyasint,omitempty"` // runs
	Skipped   uint64            `cbor:"19,keyasint,omitempty"` // fires that overlapped
	Missed    uint64            `cbor:"20,keyasint,omitempty"` // fires that no leader was there for and CatchUp left out
	Failed    uint64            `cbor:"21,keyasint,omitempty"` // fires whose run could not start
	Failure   *history.RunError `cbor:"22,keyasint,omitempty"` // of the newest of these
	Fired     uint64            `cbor:"28,keyasint,omitempty"` // for how many of its times it has fired, of those that Fires allows
	Ending    bool              `cbor:"31,keyasint,omitempty"` // the open runs are being ended for the fire that waits
	Revision  uint64            `cbor:"23,keyasint"`           // log index of its newest change by people: fences fires computed from an older one
}

// Timing is one definition of times: an interval, or a cron expression in a zone.
type Timing struct {
	Every    history.Duration `cbor:"1,keyasint,omitempty"`
	Cron     string           `cbor:"2,keyasint,omitempty"`
	Timezone string           `cbor:"3,keyasint,omitempty"`
}

// Timings are all definitions of the times of s.
func (s *Schedule) Timings() []Timing {
	return append([]Timing{{s.Every, s.Cron, s.Timezone}}, s.Also...)
}

// Buffered is a fire that waits for its turn.
type Buffered struct {
	At            history.Time   `cbor:"1,keyasint"`
	CheckedSchema catalog.Digest `cbor:"2,keyasint,omitzero"` // of the input schema that Input was checked against
}

// Ready reports whether a buffered fire may start but for its input, which must perhaps be checked
// against another schema first.
func (s *Schedule) Ready() bool { return len(s.Buffered) > 0 && len(s.Open) == 0 }

// Stuck reports whether s waits for FireSchedule: a buffered fire is ready, or the entry before had
// no room to end all open runs.
func (s *Schedule) Stuck() bool { return s.Ready() || s.Ending }

// MaxBuffered is how many fires wait at most, with OverlapBufferAll.
const MaxBuffered = 100

// DueAt is when s fires for a time of its own. Each time has its place within Jitter, always the
// same, so that schedules of the same times do not all fire at once.
func (s *Schedule) DueAt(at history.Time) history.Time {
	if at == 0 || s.Jitter <= 0 {
		return at
	}
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(s.ID+"\x00"), uint64(at)))
	return Due(at, history.Duration(binary.BigEndian.Uint64(sum[:8])%uint64(s.Jitter)))
}

// Over reports whether s has fired as often as it may.
func (s *Schedule) Over() bool { return s.Fires > 0 && s.Fired >= s.Fires }

// Level is the first level of the state that knows all that the definition of s says.
func (s *Schedule) Level() uint64 {
	switch {
	case len(s.Also) > 0 || s.Fills || s.Overlap > OverlapBufferAll:
		return 5
	case s.EndsAt != 0 || s.Fires != 0 || s.Jitter != 0 || s.PauseOnFailure || s.Overlap > OverlapAllowAll:
		return 4
	}
	return 0
}

// Redefine gives s the definition of d, but for input and attributes. It counts what it has fired
// for anew if it may fire for another number of times.
func (s *Schedule) Redefine(d *Schedule) {
	if s.Fires != d.Fires {
		s.Fires, s.Fired = d.Fires, 0
	}
	s.Type, s.Overlap, s.CatchUp = d.Type, d.Overlap, d.CatchUp
	s.Every, s.Cron, s.Timezone, s.Also, s.Next = d.Every, d.Cron, d.Timezone, d.Also, d.Next
	s.EndsAt, s.Jitter, s.PauseOnFailure, s.Fills = d.EndsAt, d.Jitter, d.PauseOnFailure, d.Fills
	if s.Over() {
		s.Next = 0
	}
}

// WorkflowID names the run that s starts for a time.
func (s *Schedule) WorkflowID(at history.Time) string { return s.ID + ":" + at.String() }

// FireKey is the place of a schedule among all by when the leader has to look at them.
func FireKey(at history.Time, id string) []byte {
	return append(NumberKey(FamilyFire, uint64(at)), id...)
}
