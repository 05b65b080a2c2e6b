package fsm

import "aion.dev/aion/engine/history"

// The index of fires lists schedules by when the leader has to look at them: at their next time, or at once when a buffered fire is stuck.

func fireKey(at history.Time, id string) []byte { return append(numberKey(keyFire, uint64(at)), id...) }

// atOnce is before every time at which a schedule fires.
const atOnce = history.Time(1)

// wake is when the leader has to look at s; 0 = never.
func (s *Schedule) wake() history.Time {
	if s.Stuck() {
		return atOnce
	}
	return s.Next
}

// readSchedule returns a schedule, nil when there is none. It is the caller's own until it is put.
func (t *step) readSchedule(id string) *Schedule {
	s := new(Schedule)
	if id == "" || !t.read(textKey(keySchedule, id), s) {
		return nil
	}
	s.listed = s.wake()
	return s
}

// putSchedule stores s and its place in the index of fires.
func (t *step) putSchedule(s *Schedule) {
	t.put(textKey(keySchedule, s.ID), encoded(s))
	at := s.wake()
	if at == s.listed {
		return
	}
	t.unlistFire(s)
	if at != 0 {
		k := fireKey(at, s.ID)
		t.put(k, nil)
		t.s.queues.fires.placed(k)
	}
	s.listed = at
}

// delSchedule removes s.
func (t *step) delSchedule(s *Schedule) {
	t.del(textKey(keySchedule, s.ID))
	t.unlistFire(s)
}

func (t *step) unlistFire(s *Schedule) {
	if s.listed != 0 {
		t.del(fireKey(s.listed, s.ID))
		t.s.queues.fires.took()
		s.listed = 0
	}
}

// Schedule implements View.
func (p *picture) Schedule(id string) (s Schedule, ok bool) {
	ok = id != "" && p.row(p.get(textKey(keySchedule, id)), &s)
	return s, ok
}

// maxListed bounds the bytes of one page of schedules, but for the last one.
const maxListed = 4 << 20

// Schedules implements View.
func (p *picture) Schedules(after string, limit int) (page []Schedule) {
	size := 0
	p.scan(append(textKey(keySchedule, after), 0), key(keySchedule+1), func(_, b []byte) bool {
		var s Schedule
		if p.row(b, &s) {
			page = append(page, s)
		}
		size += len(b)
		return len(page) < pageSize(limit) && size < maxListed
	})
	return page
}

// DueSchedules implements View.
func (p *picture) DueSchedules(now history.Time, limit int) (ids []string) {
	if now < 0 {
		return nil
	}
	p.scan(p.queues.fires.from, numberKey(keyFire, uint64(now)+1), func(k, _ []byte) bool {
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
	p.scan(p.queues.fires.from, key(keyFire+1), func(k, _ []byte) bool {
		at, ok = history.Time(readU64(k[1:])), true
		return false
	})
	return at, ok
}
