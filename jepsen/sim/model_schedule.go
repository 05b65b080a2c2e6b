package sim

import (
	"fmt"
	"slices"

	"aion.dev/aion/engine/history"
	"aion.dev/aion/fsm"
)

// schedule is what a schedule has to stand at.
type schedule struct {
	id, typ                  string
	every                    history.Duration
	overlap                  fsm.Overlap
	paused                   bool
	next, last, created      history.Time
	buffered                 []history.Time
	open                     []history.RunID
	revision                 uint64
	started, skipped, failed uint64
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
			s.paused, s.next, s.revision = true, 0, m.index
			s.skipped += uint64(len(s.buffered))
			s.buffered = nil
		}
	case *fsm.ResumeSchedule:
		if s.paused {
			if c.Revision != s.revision {
				return recheck, ""
			}
			s.paused, s.next, s.revision = false, c.Next, m.index
		}
	case *fsm.FireSchedule:
		if c.Revision != 0 && c.Revision != s.revision {
			return recheck, ""
		}
		if c.Due != 0 && (s.next == 0 || c.Due != s.next || c.Due > m.now) {
			return fenced, ""
		}
		for _, at := range c.Times {
			m.fireSchedule(s, at)
		}
		if c.Due != 0 {
			s.next = c.Next
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
	s.typ, s.every, s.overlap, s.next, s.paused, s.revision = d.Type, d.Every, d.Overlap, d.Next, false, m.index
	return ok, s.differs(r)
}

// differs says how the schedule that a command answered with is not s.
func (s *schedule) differs(r *fsm.Result) string {
	a, is := r.Answer.(*fsm.ScheduleAnswer)
	if !is {
		return ""
	}
	return s.isNot(&a.Schedule)
}

func (s *schedule) isNot(o *fsm.Schedule) string {
	var buffered []history.Time
	for _, b := range o.Buffered {
		buffered = append(buffered, b.At)
	}
	if o.Started != s.started || o.Skipped != s.skipped || o.Failed != s.failed || o.Next != s.next || o.Last != s.last || o.Paused != s.paused || o.Revision != s.revision ||
		!slices.Equal(o.Open, s.open) || !slices.Equal(buffered, s.buffered) {
		return fmt.Sprintf("schedule %+v, want %+v", *o, *s)
	}
	return ""
}

func (m *Model) fireSchedule(s *schedule, at history.Time) {
	s.last = max(s.last, at)
	switch {
	case len(s.open) == 0 || s.overlap == fsm.OverlapAllowAll && len(s.open) < 1000:
		m.launch(s, at)
	case s.overlap == fsm.OverlapBufferOne && len(s.buffered) == 0:
		s.buffered = []history.Time{at}
	case s.overlap == fsm.OverlapCancelPrevious:
		for _, id := range s.open {
			m.askToEnd(m.runs[id])
		}
		s.skipped += uint64(len(s.buffered))
		s.buffered = []history.Time{at}
	default:
		s.skipped++
	}
}

func (m *Model) launch(s *schedule, at history.Time) {
	p := m.loaded[m.routes[s.typ].now]
	id := s.id + ":" + at.String()
	open := m.runs[m.latest[id]]
	if p == nil || open != nil && open.status.Open() {
		s.failed++
		return
	}
	run := &run{id: history.DeriveRunID(history.RunID{}, "schedule", uint64(m.started)+1), workflowID: id, typ: s.typ, version: p.Version, schedule: s.id}
	m.start(run)
	s.started++
	s.open = append(s.open, run.id)
}

func (m *Model) openedBy(r *run) *schedule {
	if s := m.schedules[r.schedule]; s != nil && slices.Contains(s.open, r.id) {
		return s
	}
	return nil
}

func (m *Model) tellSchedule(r *run) {
	s := m.openedBy(r)
	if s == nil {
		return
	}
	s.open = slices.DeleteFunc(s.open, func(id history.RunID) bool { return id == r.id })
	if len(s.open) == 0 && len(s.buffered) > 0 {
		at := s.buffered[0]
		s.buffered = s.buffered[1:]
		m.launch(s, at)
	}
}
