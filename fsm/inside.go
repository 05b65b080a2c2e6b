package fsm

import (
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Inside is the state at one index with its rows as they are stored, and with what this node
// remembers beside them: for those who recount one from the other. Nothing of it may be changed.
type Inside struct {
	View
	p *picture
}

// Inspect calls f with the inside of the state, as View does with what callers see, and returns f's
// error; ErrClosed on a closed State.
func (s *State) Inspect(f func(*Inside) error) error {
	p := s.pin()
	if p == nil {
		return ErrClosed
	}
	defer p.drop()
	return f(&Inside{View: p, p: p})
}

// Meta is the row of the state as a whole.
func (in *Inside) Meta() rows.Meta { return in.p.meta }

// Get returns a copy of the row at key as readers get it, from memory or from the database; nil
// when there is none.
func (in *Inside) Get(key []byte) []byte { return in.p.Get(key) }

// Stored is Get from the database.
func (in *Inside) Stored(key []byte) []byte { return in.p.stored(key) }

// Scan calls f with the rows from first up to but without end, until f returns false. F must not
// keep k and v.
func (in *Inside) Scan(first, end []byte, f func(k, v []byte) bool) { in.p.Scan(first, end, f) }

// EachEvent calls f with the events of a history from its first, and the bytes that each takes
// where it is stored, until f returns false.
func (in *Inside) EachEvent(serial uint64, f func(e history.Event, size int) bool) error {
	return eachEvent(in.p.snap.Reader, serial, 0, f)
}

// EachCarried calls f with the stored events that a row of carried signals stands for, until f
// returns false.
func (in *Inside) EachCarried(row *rows.Carried, f func(b []byte) bool) error {
	return eachStored(in.p.snap.Reader, row.List, 0, f)
}

// Cohorts are those whose runs are counted, in the order of their keys.
func (in *Inside) Cohorts() []rows.Cohort { return in.p.cohorts }

// OrderedDone says which runs are in the index of ordered attributes.
func (in *Inside) OrderedDone() rows.FingerprintsDone { return in.p.ordered }

// OldestRun is a serial below which there is no run.
func (in *Inside) OldestRun() uint64 { return in.p.oldest }

// ClosedFront is a time before which no run of a type has closed.
func (in *Inside) ClosedFront(typ string) history.Time { return in.p.fronts[typ] }

// Fronts calls f with the first rows of each index that is taken from its front, as they are
// remembered: those of a family that stand before rest.
func (in *Inside) Fronts(f func(family byte, keys, values [][]byte, rest []byte)) {
	for _, q := range []*front{&in.p.queues.ready, &in.p.queues.timers, &in.p.queues.fires} {
		var keys, values [][]byte
		for _, r := range q.rows {
			keys, values = append(keys, r.key), append(values, r.value)
		}
		f(q.family, keys, values, q.rest)
	}
}

// CheckOutcome says why a remembered outcome cannot be read. An unowned one is of the form that
// builds without owners wrote.
func (in *Inside) CheckOutcome(b []byte, unowned bool) (err error) {
	if unowned {
		_, err = decodeOutcome(b)
	} else {
		_, err = unpackOutcome(b)
	}
	return err
}

// ScheduleCost is how much of one FireSchedule a run of s takes, and what starting it costs in
// units of work.
func (in *Inside) ScheduleCost(s *rows.Schedule) (weight, work uint64) {
	most := longest(s, &rows.ScheduleInput{Input: s.Input, Attributes: s.Attributes})
	return weightOf(most), startWorkOf(most)
}

// Tail is what is remembered of one run.
type Tail struct {
	Index  uint64 // of the newest entry that changed the run
	Run    rows.Run
	Events []history.Event // the newest, without gaps
	Sizes  []int           // of Events, as they are stored
}

// Tails calls f with what is remembered of runs, and returns the count of their events' bytes.
func (in *Inside) Tails(f func(Tail)) (bytes int) {
	c := in.p.tails
	c.mu.RLock()
	defer c.mu.RUnlock()
	for l := c.newest; l != nil; l = l.neighbours().older {
		tail := Tail{Index: l.index, Run: l.run}
		for _, line := range l.lines {
			tail.Events, tail.Sizes = append(tail.Events, line.event), append(tail.Sizes, line.bytes)
		}
		f(tail)
	}
	return c.bytes
}

// Remembered calls f with the rows that are remembered, in the order of their keys, each with the
// index of the entry that wrote it; nil = there is none.
func (in *Inside) Remembered(f func(key []byte, index uint64, value []byte)) {
	c := in.p.recent
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, k := range sortedKeys(c.rows) {
		f([]byte(k), c.rows[k].index, c.rows[k].value)
	}
}
