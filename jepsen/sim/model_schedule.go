package sim

import (
	"fmt"
	"slices"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// schedule is the expected state of a schedule.
type schedule struct {
	id, typ             string
	input               history.Payload
	every               history.Duration
	overlap             rows.Overlap
	paused              bool
	apart               bool // its row has the second layout
	next, last, created history.Time
	buffered            []history.Time
	// digests of the schemas that the inputs of the buffered fires were checked against
	checked                  []catalog.Digest
	open                     []history.RunID
	revision                 uint64
	started, skipped, failed uint64

	fires, fired   uint64 // 0 = as often as there are times
	jitter         history.Duration
	pauseOnFailure bool
	fills          bool // the input has a place for the time
	ending         bool // open runs are still to be ended for the fire that waits
}

// over reports whether it has fired as often as it may.
func (s *schedule) over() bool { return s.fires > 0 && s.fired >= s.fires }

// pause stops it, and drops what is buffered.
func (s *schedule) pause() {
	s.paused, s.next = true, 0
	s.skipped += uint64(len(s.buffered))
	s.buffered, s.checked, s.ending = nil, nil, false
}

// dueAt is when it fires for a time of its own.
func (s *schedule) dueAt(at history.Time) history.Time {
	return (&rows.Schedule{ID: s.id, Jitter: s.jitter}).DueAt(at)
}

func (m *Model) onSchedule(c fsm.Command, r *fsm.Result) (code, why string) {
	var id string
	switch c := c.(type) {
	case *fsm.PutSchedule:
		return m.putSchedule(c, r)
	case *fsm.DeleteSchedule:
		id = c.ID
	case *fsm.PauseSchedule:
		id = c.ID
	case *fsm.ResumeSchedule:
		id = c.ID
	case *fsm.FireSchedule:
		id = c.ID
	}
	s := m.schedules[id]
	if s == nil {
		return "not_found", ""
	}
	switch c := c.(type) {
	case *fsm.DeleteSchedule:
		delete(m.schedules, id)
	case *fsm.PauseSchedule:
		if !s.paused {
			s.revision = m.index
			s.pause()
		}
	case *fsm.ResumeSchedule:
		if s.paused {
			if c.Revision != s.revision {
				return recheck, ""
			}
			s.paused, s.next, s.revision = false, c.Next, m.index
			if s.over() {
				s.next = 0
			}
		}
	case *fsm.FireSchedule:
		if c.Revision != 0 && c.Revision != s.revision {
			return recheck, ""
		}
		if c.Due != 0 && (s.next == 0 || c.Due != s.next || s.dueAt(c.Due) > m.now) {
			return fenced, ""
		}
		if p := m.loaded[m.chosen(s.typ, s.id, nil)]; p != nil && (len(c.Times) > 0 || s.stuck() || s.ending) && schemaOf(p, s.typ) != c.CheckedSchema {
			return recheck, ""
		}
		s.apart = s.apart || c.Apart
		if !s.ending || m.endOpen(s, r) {
			for s.stuck() {
				m.launch(s, s.takeBuffered(), c.CheckedSchema)
			}
		}
		times := c.Times
		if c.Due != 0 && s.fires > 0 {
			times = times[:min(uint64(len(times)), s.fires-min(s.fired, s.fires))]
			s.fired += uint64(len(times))
		}
		for i, at := range times {
			if s.overlap == rows.OverlapTerminatePrevious {
				m.replaceRuns(s, at, c.CheckedSchema, i == len(times)-1, r)
			} else {
				m.fireSchedule(s, at, c.CheckedSchema)
			}
		}
		if c.Due != 0 {
			s.next = c.Next
		}
		if s.over() {
			s.next = 0
		}
	}
	return ok, s.differs(r)
}

func (m *Model) putSchedule(c *fsm.PutSchedule, r *fsm.Result) (code, why string) {
	d := &c.Schedule
	s := m.schedules[d.ID]
	switch {
	case s == nil && c.Replace:
		return "not_found", ""
	case s != nil && !c.Replace:
		return "invalid_state", ""
	case s != nil && d.Next != 0 && d.Next <= s.last:
		return recheck, ""
	case s == nil:
		s = &schedule{id: d.ID, created: m.now}
		m.schedules[d.ID] = s
	}
	s.input, s.apart = d.Input, s.apart || c.Apart
	s.typ, s.every, s.overlap, s.next, s.paused, s.revision = d.Type, d.Every, d.Overlap, d.Next, false, m.index
	s.checked = make([]catalog.Digest, len(s.buffered))
	if s.fires != d.Fires {
		s.fires, s.fired = d.Fires, 0
	}
	s.jitter, s.pauseOnFailure, s.fills = d.Jitter, d.PauseOnFailure, d.Fills
	if s.over() {
		s.next = 0
	}
	return ok, s.differs(r)
}

// differs returns how the schedule in a command's answer differs from s.
func (s *schedule) differs(r *fsm.Result) string {
	a, is := r.Answer.(*fsm.ScheduleAnswer)
	if !is {
		return ""
	}
	return s.isNot(&a.Schedule)
}

func (s *schedule) isNot(o *rows.Schedule) string {
	var buffered []history.Time
	for _, b := range o.Buffered {
		buffered = append(buffered, b.At)
	}
	if o.Started != s.started || o.Skipped != s.skipped || o.Failed != s.failed || o.Next != s.next || o.Last != s.last || o.Paused != s.paused || o.Revision != s.revision || o.Fired != s.fired || o.Ending != s.ending ||
		!slices.Equal(o.Open, s.open) || !slices.Equal(buffered, s.buffered) {
		return fmt.Sprintf("schedule %+v, want %+v", *o, *s)
	}
	return ""
}

// replaceRuns ends the open runs for a fire, which starts once none is left; earlier times of the
// same entry are skipped.
func (m *Model) replaceRuns(s *schedule, at history.Time, checked catalog.Digest, newest bool, r *fsm.Result) {
	s.last = max(s.last, at)
	if !newest {
		s.skipped++
		return
	}
	s.skipped += uint64(len(s.buffered))
	s.buffered, s.checked = nil, nil
	if m.endOpen(s, r) {
		m.launch(s, at, checked)
	} else {
		s.buffer(at, checked)
	}
}

// endOpen terminates open runs of s, all of them, or in an entry with a small budget as many as the
// answer says, but one at least. It reports whether none is left.
func (m *Model) endOpen(s *schedule, r *fsm.Result) bool {
	left := 0
	if a, is := r.Answer.(*fsm.ScheduleAnswer); is && m.tight && a.Schedule.Ending {
		left = min(len(a.Schedule.Open), max(0, len(s.open)-1))
	}
	waiting, checked := s.buffered, s.checked
	s.buffered, s.checked, s.ending = nil, nil, false
	for len(s.open) > left {
		m.shut(closing{m.runs[s.open[0]], new(history.WorkflowTerminated), false})
	}
	s.buffered, s.checked, s.ending = waiting, checked, left > 0
	return left == 0
}

// stuck reports whether a schedule's buffered fire waits only for a check of its input.
func (s *schedule) stuck() bool { return len(s.open) == 0 && len(s.buffered) > 0 }

func schemaOf(p *catalog.Package, typ string) catalog.Digest {
	member, _ := p.Member(typ)
	return member.InputSchema
}

func (m *Model) fireSchedule(s *schedule, at history.Time, checked catalog.Digest) {
	s.last = max(s.last, at)
	switch {
	case len(s.open) == 0 || s.overlap == rows.OverlapAllowAll && len(s.open) < 1000:
		m.launch(s, at, checked)
	case s.overlap == rows.OverlapBufferOne && len(s.buffered) == 0:
		s.buffer(at, checked)
	case s.overlap == rows.OverlapBufferAll && len(s.buffered) < rows.MaxBuffered:
		s.buffer(at, checked)
	case s.overlap == rows.OverlapCancelPrevious:
		for _, id := range s.open {
			m.askToEnd(m.runs[id])
		}
		s.skipped += uint64(len(s.buffered))
		s.buffered, s.checked = nil, nil
		s.buffer(at, checked)
	default:
		s.skipped++
	}
}

func (s *schedule) buffer(at history.Time, checked catalog.Digest) {
	s.buffered, s.checked = append(s.buffered, at), append(s.checked, checked)
}

func (s *schedule) takeBuffered() (at history.Time) {
	at, s.buffered, s.checked = s.buffered[0], s.buffered[1:], s.checked[1:]
	return at
}

// launch starts the run of one time, or counts why it cannot. It reports whether the input must
// first be checked against another schema.
func (m *Model) launch(s *schedule, at history.Time, checked catalog.Digest) (again bool) {
	p := m.loaded[m.chosen(s.typ, s.id, nil)]
	id := s.id + ":" + at.String()
	open := m.runs[m.latest[id]]
	if p != nil && schemaOf(p, s.typ) != checked {
		return true
	}
	if p == nil || open != nil && open.status.Open() || m.stopped(s.typ, p.Version) || !m.within(s.typ, 0, nil) {
		s.failed++
		return false
	}
	run := &run{id: history.DeriveRunID(history.RunID{}, "schedule", uint64(m.started)+1), workflowID: id, typ: s.typ, version: p.Version, schedule: s.id, fired: m.noted(at), input: s.inputFor(at)}
	m.start(run)
	s.started++
	s.open = append(s.open, run.id)
	return false
}

// noted is the time of a fire as runs note it.
func (m *Model) noted(at history.Time) history.Time {
	if m.level < 5 {
		return 0
	}
	return at
}

// handedFire is the time of a fire that the run which goes on from r keeps, with its place in the
// schedule.
func (m *Model) handedFire(r *run) history.Time {
	if m.openedBy(r) == nil {
		return 0
	}
	return m.noted(r.fired)
}

// inputFor is what the run of one time gets.
func (s *schedule) inputFor(at history.Time) history.Payload {
	if !s.fills {
		return s.input
	}
	return history.Payload(strings.ReplaceAll(string(s.input), "{{fire_time}}", at.String()))
}

func (m *Model) openedBy(r *run) *schedule {
	if s := m.schedules[r.schedule]; s != nil && slices.Contains(s.open, r.id) {
		return s
	}
	return nil
}

func (m *Model) notifySchedule(r *run) {
	s := m.openedBy(r)
	if s == nil {
		return
	}
	s.open = slices.DeleteFunc(s.open, func(id history.RunID) bool { return id == r.id })
	s.ending = s.ending && len(s.open) > 0
	if s.pauseOnFailure && !s.paused && (r.status == history.StatusFailed || r.status == history.StatusTimedOut) {
		s.pause()
	}
	if s.stuck() && !m.leftToFire(s) && !m.launch(s, s.buffered[0], s.checked[0]) {
		s.takeBuffered()
	}
}

// leftToFire reads whether the entry had no room for the waiting fire of s and left it to the
// leader: entries with a small budget may.
func (m *Model) leftToFire(s *schedule) bool {
	if !m.tight || m.view == nil || !s.apart {
		return false
	}
	real, _ := m.view.Schedule(s.id)
	return len(real.Buffered) > 0 && real.Buffered[0].At == s.buffered[0]
}
