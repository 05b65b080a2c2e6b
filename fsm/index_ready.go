package fsm

import (
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// The ready index lists the running runs that have something unseen that wakes them, oldest first.
// A run keeps its place until a turn is recorded; if more had come meanwhile it takes a new place
// at the end.

func (r *row) wantsTurn() bool {
	return r.Run.Status == history.StatusRunning && r.Run.BeginsAt == 0 && r.hasNews()
}

// hasNews reports whether a run has something that its newest turn has not seen, or more to do.
func (r *row) hasNews() bool { return r.Woken > r.Run.Through || r.Run.Cut }

// HasNews implements View.
func (p *picture) HasNews(id history.RunID) bool {
	r := p.run(id)
	return r != nil && r.hasNews()
}

func (t *step) projectReady(r *row) {
	if want := r.wantsTurn(); want && r.ReadyIndex == 0 {
		r.ReadyIndex, r.ReadyN = t.index, t.readyN
		t.readyN++
		t.Put(rows.PlaceKey(rows.FamilyReady, r.ReadyIndex, r.ReadyN), r.Run.RunID[:])
	} else if !want {
		t.unready(r)
	}
}

// unready takes r from its place.
func (t *step) unready(r *row) {
	if r.ReadyIndex != 0 {
		t.Del(rows.PlaceKey(rows.FamilyReady, r.ReadyIndex, r.ReadyN))
		r.ReadyIndex, r.ReadyN = 0, 0
	}
}

// Ready implements View.
func (p *picture) Ready(after ReadyCursor, limit int) (ready []ReadyRun, next ReadyCursor) {
	next = after
	first := append(rows.PlaceKey(rows.FamilyReady, after.Index, after.N), 0)
	p.scanFront(&p.queues.ready, first, rows.Key(rows.FamilyReady+1), func(k, b []byte) bool {
		ready = append(ready, ReadyRun{history.RunID(b)})
		next = ReadyCursor(rows.PlaceOf(k))
		return len(ready) < pageSize(limit)
	})
	return ready, next
}
