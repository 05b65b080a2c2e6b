package fsm

import (
	"fmt"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// The index of fires lists schedules by when the leader has to look at them: when their next time
// is due, or at once when a buffered fire is stuck.

// atOnce is before every time at which a schedule fires.
const atOnce = history.Time(1)

// wake is when the leader has to look at s; 0 = never.
func (s *schedule) wake() history.Time {
	if s.Stuck() {
		return atOnce
	}
	return s.DueAt(s.Next)
}

// readSchedule returns a schedule, nil when there is none. A caller that changes it puts it.
func (t *step) readSchedule(id string) *schedule {
	if s := t.schedules.read[id]; s != nil {
		return s
	}
	k := rows.TextKey(rows.FamilySchedule, id)
	b := t.Get(k)
	if id == "" || b == nil {
		return nil
	}
	row, err := rows.DecodeSchedule(b)
	if err != nil {
		t.Fail(fmt.Errorf("row %x: %w", k, err))
		return nil
	}
	s := &schedule{Schedule: row.Schedule}
	s.listed = s.wake()
	if row.Apart {
		s.apart = &apart{weight: row.Weight, work: row.Work}
		t.schedules.read[id] = s
	}
	return s
}

// putSchedule stores s and its place in the index of fires, at the end of the entry if its row is
// of the second layout.
func (t *step) putSchedule(s *schedule) {
	if s.apart != nil {
		t.schedules.note(s)
		return
	}
	t.Put(rows.TextKey(rows.FamilySchedule, s.ID), s.encodedRow())
	t.listFire(s)
}

// listFire moves s to its place in the index of fires.
func (t *step) listFire(s *schedule) {
	at := s.wake()
	if at == s.listed {
		return
	}
	t.unlistFire(s)
	if at != 0 {
		t.Put(rows.FireKey(at, s.ID), nil)
	}
	s.listed = at
}

// delSchedule removes s.
func (t *step) delSchedule(s *schedule) {
	t.Del(rows.TextKey(rows.FamilySchedule, s.ID))
	t.unlistFire(s)
	if s.apart != nil {
		t.Del(rows.TextKey(rows.FamilyInput, s.ID))
		t.schedules.forget(s)
	}
}

func (t *step) unlistFire(s *schedule) {
	if s.listed != 0 {
		t.Del(rows.FireKey(s.listed, s.ID))
		s.listed = 0
	}
}

// Schedule implements View.
func (p *picture) Schedule(id string) (s rows.Schedule, ok bool) {
	if id == "" {
		return s, false
	}
	return p.schedule(p.Get(rows.TextKey(rows.FamilySchedule, id)))
}

// schedule decodes a row and brings input and attributes together with it; false when there is
// none.
func (p *picture) schedule(b []byte) (rows.Schedule, bool) {
	if b == nil {
		return rows.Schedule{}, false
	}
	row, err := rows.DecodeSchedule(b)
	if err != nil {
		p.s.fail(err)
		return rows.Schedule{}, false
	}
	s := row.Schedule
	if row.Apart {
		var in rows.ScheduleInput
		if !p.row(p.Get(rows.TextKey(rows.FamilyInput, s.ID)), &in) {
			return rows.Schedule{}, false
		}
		s.Input, s.Attributes = in.Input, in.Attributes
	}
	return s, true
}

// maxListed bounds the bytes of one page of schedules, but for the last one.
const maxListed = 4 << 20

// Schedules implements View.
func (p *picture) Schedules(after string, limit int) (page []rows.Schedule) {
	size := 0
	p.scanNames(rows.FamilySchedule, after, func(b []byte) bool {
		s, ok := p.schedule(b)
		if ok {
			page = append(page, s)
		}
		size += max(len(b), len(s.Input))
		return len(page) < pageSize(limit) && size < maxListed
	})
	return page
}

// DueSchedules implements View.
func (p *picture) DueSchedules(now history.Time, limit int) (ids []string) {
	if now < 0 {
		return nil
	}
	p.scanFront(&p.queues.fires, rows.Key(rows.FamilyFire), rows.NumberKey(rows.FamilyFire, uint64(now)+1), func(k, _ []byte) bool {
		ids = append(ids, string(k[9:]))
		return len(ids) < limit
	})
	return ids
}

// NextSchedule implements View.
func (p *picture) NextSchedule() (at history.Time, ok bool) {
	if p.meta.Schedules == 0 {
		return 0, false
	}
	p.scanFront(&p.queues.fires, rows.Key(rows.FamilyFire), rows.Key(rows.FamilyFire+1), func(k, _ []byte) bool {
		at, ok = history.Time(rows.U64(k[1:])), true
		return false
	})
	return at, ok
}
