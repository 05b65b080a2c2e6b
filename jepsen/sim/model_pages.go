package sim

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// pagesAreNot reads listings in small pages: each must have everything exactly once, in order.
func (m *Model) pagesAreNot(v fsm.View, rng *rand.Rand) string {
	f := m.filter(rng)
	return cmp.Or(m.runsAreNot(v, f, 1+rng.IntN(7)), m.countsAreNot(v, f), m.holdersAreNot(v, one(rng, known).Version, 1+rng.IntN(4)), m.eventsAreNot(v, rng))
}

// filter draws what a caller searches for: everything, or up to three conditions at once.
func (m *Model) filter(rng *rand.Rand) (f fsm.RunFilter) {
	if odds(rng, 2) {
		f.Type = one(rng, types)
	}
	if odds(rng, 3) {
		f.Status = one(rng, []history.Status{history.StatusRunning, history.StatusCompleted, history.StatusFailed, history.StatusTerminated, history.StatusPaused})
	}
	if odds(rng, 4) {
		f.Version = one(rng, known).Version
	}
	if odds(rng, 4) && len(m.order) > 0 {
		if r := m.runs[one(rng, m.order)]; r != nil {
			f.StartedFrom = r.startedAt
		}
	}
	if odds(rng, 4) && len(m.order) > 0 {
		if r := m.runs[one(rng, m.order)]; r != nil && r.startedAt > f.StartedFrom {
			f.StartedBefore = r.startedAt
		}
	}
	return f
}

func (r *run) fits(f *fsm.RunFilter) bool {
	return (f.Type == "" || r.typ == f.Type) && (f.Status == 0 || r.status == f.Status) && (f.Version.IsZero() || r.version == f.Version) &&
		r.startedAt >= f.StartedFrom && (f.StartedBefore == 0 || r.startedAt < f.StartedBefore)
}

// runsAreNot compares pages of runs, newest first; runs started by one entry may come in any order.
func (m *Model) runsAreNot(v fsm.View, f fsm.RunFilter, limit int) string {
	want, listed := 0, 0
	for _, id := range m.order {
		if r := m.runs[id]; r != nil && r.fits(&f) {
			want++
		}
	}
	seen, newest := map[history.RunID]bool{}, history.Time(math.MaxInt64)
	for cursor, pages := "", 0; ; pages++ {
		var page []rows.Run
		page, cursor = v.ListRuns(f, limit, cursor)
		if len(page) > limit {
			return fmt.Sprintf("a page of %d runs has %d: %+v", limit, len(page), f)
		}
		for i := range page {
			id := page[i].RunID
			r := m.runs[id]
			switch {
			case seen[id]:
				return fmt.Sprintf("run %s is listed twice, in pages of %d: %+v", id, limit, f)
			case r == nil || !r.fits(&f):
				return fmt.Sprintf("run %s is listed, and does not fit: %+v", id, f)
			case r.startedAt > newest:
				return fmt.Sprintf("run %s is listed below one that started before it", id)
			}
			seen[id], newest = true, r.startedAt
			listed++
		}
		if cursor == "" {
			break
		}
		if pages > len(m.order)+1 {
			return fmt.Sprintf("runs are listed without end: %+v", f)
		}
	}
	if listed != want {
		return fmt.Sprintf("pages of %d list %d runs, want %d: %+v", limit, listed, want, f)
	}
	return ""
}

// countsAreNot compares the maintained counts with the runs themselves.
func (m *Model) countsAreNot(v fsm.View, f fsm.RunFilter) string {
	f.StartedFrom, f.StartedBefore = 0, 0 // counts do not cover times
	want := map[fsm.RunCount]uint64{}
	for _, id := range m.order {
		if r := m.runs[id]; r != nil && r.fits(&f) {
			want[fsm.RunCount{Type: r.typ, Version: r.version, Status: r.status}]++
		}
	}
	counts := v.CountRuns(f)
	for _, c := range counts {
		n := c.Count
		if c.Count = 0; n != want[c] {
			return fmt.Sprintf("%d runs are counted as %s, %s on %s, want %d", n, c.Type, c.Status, c.Version.Short(), want[c])
		}
	}
	if len(counts) != len(want) {
		return fmt.Sprintf("%d kinds of runs are counted, want %d", len(counts), len(want))
	}
	return ""
}

// holdersAreNot compares the pages of a version's holders: each is named once.
func (m *Model) holdersAreNot(v fsm.View, version catalog.Version, limit int) string {
	want, seen := m.pins(version).Total(), map[history.RunID]bool{}
	for cursor, pages := "", uint64(0); ; pages++ {
		var page []fsm.PinHolder
		page, cursor = v.PinHolders(version, limit, cursor)
		for i := range page {
			if seen[page[i].RunID] {
				return fmt.Sprintf("run %s pins version %s twice", page[i].RunID, version.Short())
			}
			seen[page[i].RunID] = true
		}
		if cursor == "" {
			break
		}
		if pages > want+1 {
			return fmt.Sprintf("holders of version %s are listed without end", version.Short())
		}
	}
	if uint64(len(seen)) != want {
		return fmt.Sprintf("%d runs are listed as pinning version %s, want %d", len(seen), version.Short(), want)
	}
	return ""
}

// eventsAreNot compares a history read in small pages with the whole history.
func (m *Model) eventsAreNot(v fsm.View, rng *rand.Rand) string {
	if len(m.order) == 0 {
		return ""
	}
	r := m.runs[one(rng, m.order)]
	if r == nil {
		return ""
	}
	limit, seq := 1+rng.IntN(5), uint64(1)
	for int(seq) <= len(r.lines) {
		page := v.Events(r.id, seq, limit)
		if len(page) == 0 || len(page) > limit {
			return fmt.Sprintf("run %s: a page of %d events from %d on has %d; there are %d", r.id, limit, seq, len(page), len(r.lines))
		}
		for _, e := range page {
			if e.Seq != seq || lineOf(e.Data) != r.lines[seq-1] {
				return fmt.Sprintf("run %s: event %d came where %d was due", r.id, e.Seq, seq)
			}
			seq++
		}
	}
	return ""
}
