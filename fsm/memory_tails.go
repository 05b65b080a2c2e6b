package fsm

import (
	"sync"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// tails remembers how the runs that changed last stand, with the newest events of each: whoever
// takes the next turn of a run, or waits for its end, reads what was written a moment ago. It
// changes how fast a View answers, never what.
//
// A tail says how a run stands since the entry at its index. A View of an earlier index does not
// use it and asks the database; a View of that index or a later one may, because every entry that
// changes a run changes its tail, before there are Views of that entry.
type tails struct {
	mu                   sync.RWMutex // guards what follows. Apply's goroutine alone writes, one run at a time: readers do not wait for whole entries
	runs                 map[history.RunID]*tail
	recency[tail, *tail]     // by last change
	bytes                int // of all events kept

	touched trail[history.RunID] // runs that changed, kept or not
}

// tail is one run as it stands.
type tail struct {
	index uint64 // of the newest entry that changed the run
	run   rows.Run
	lines []line // the newest events, without gaps, up to run.Events; they are moved, but never changed
	bytes int    // of lines

	neighbour neighbours[tail]
}

func (l *tail) neighbours() *neighbours[tail] { return &l.neighbour }

// line is an event, the size in which it is stored, and the place in its entry of the command that
// appended it; without data it stands for signals that the run took over, which are not kept here.
type line struct {
	event history.Event
	bytes int
	place int
}

// What is kept at most. Runs that are not turning now are read from the database.
const (
	maxTails      = 8192
	maxTailsBytes = 32 << 20
	maxTail       = 128 // events of one run; half as many more, so that each is moved twice at most
	maxTailBytes  = 64 << 10

	maxTouchedRuns = 262_144 // ids of runs in the trail: 4 MiB, some seconds of a node that is flooded
)

func newTails(index uint64) *tails {
	return &tails{runs: map[history.RunID]*tail{}, touched: trail[history.RunID]{since: index}}
}

// keep takes over what an entry did, once it is committed and before it is published.
func (c *tails) keep(t *step) {
	var touched []history.RunID
	if len(t.stale) > 0 {
		touched = make([]history.RunID, len(t.stale))
	}
	for i, r := range t.stale {
		c.change(t.index, r)
		touched[i] = r.Run.RunID
	}
	c.mu.Lock()
	c.touched.add(t.index, touched, maxTouchedRuns)
	c.mu.Unlock()
	t.Changed(rows.FamilyRunID, func(key, value []byte) {
		if value == nil {
			c.drop(history.RunID(key[1:]))
		}
	})
}

// change brings the tail of a run into line with its row.
func (c *tails) change(index uint64, r *row) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.runs[r.Run.RunID]
	if l == nil {
		l = new(tail)
		c.runs[r.Run.RunID] = l
	} else {
		c.unlink(l)
	}
	c.push(l)
	c.bytes -= l.bytes
	l.index, l.run = index, r.Run
	for _, e := range r.added {
		if e.event.Data == nil {
			l.lines, l.bytes = nil, 0
			continue
		}
		l.lines = append(l.lines, e)
		l.bytes += e.bytes
	}
	clear(r.added)
	r.added = r.added[:0]
	l.trim()
	c.bytes += l.bytes
	for len(c.runs) > maxTails || c.bytes > maxTailsBytes {
		c.remove(c.oldest)
	}
}

// trim forgets the oldest events.
func (l *tail) trim() {
	if len(l.lines) <= maxTail+maxTail/2 && l.bytes <= maxTailBytes {
		return
	}
	n := 0
	for len(l.lines)-n > maxTail || l.bytes > maxTailBytes && n < len(l.lines) {
		l.bytes -= l.lines[n].bytes
		n++
	}
	l.lines = append([]line(nil), l.lines[n:]...)
}

func (c *tails) drop(id history.RunID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.runs[id]; l != nil {
		c.remove(l)
	}
}

func (c *tails) remove(l *tail) {
	delete(c.runs, l.run.RunID)
	c.unlink(l)
	c.bytes -= l.bytes
}

// stand returns how a run stands at index; false when that is not remembered.
func (c *tails) stand(id history.RunID, index uint64) (rows.Run, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	l := c.runs[id]
	if l == nil || l.index > index {
		return rows.Run{}, false
	}
	return l.run, true
}

// RunsTouched implements View.
func (p *picture) RunsTouched(after uint64) ([]history.RunID, bool) {
	p.tails.mu.RLock()
	defer p.tails.mu.RUnlock()
	return p.tails.touched.between(after, p.meta.Index)
}

// events returns a run's events at index from seq from on; false when they are not remembered.
func (c *tails) events(id history.RunID, index, from uint64, limit int) (events []history.Event, ok bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	l := c.runs[id]
	if l == nil || l.index > index {
		return nil, false
	}
	if from > l.run.Events {
		return nil, true
	}
	left := l.run.Events - from + 1
	if left > uint64(len(l.lines)) {
		return nil, false
	}
	lines := l.lines[uint64(len(l.lines))-left:]
	lines = lines[:min(len(lines), limit)]
	events = make([]history.Event, len(lines))
	for i := range lines {
		events[i] = lines[i].event
	}
	return events, true
}
