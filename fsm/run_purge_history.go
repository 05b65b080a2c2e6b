package fsm

import (
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// A history that shows signals which another run received is deleted after that run's own, so the
// stored rows of a signal are kept by the oldest run that still shows them: deleting it leaves them
// where they are if the run that goes on from it shows them too.

// heir is the run that goes on from a closed one and shows signals that it had; nil = there is
// none.
func (t *step) heir(r *row) *row {
	var id history.RunID
	switch s := r.Run.Status; {
	case s == history.StatusContinuedAsNew:
		id = history.DeriveRunID(r.Run.RunID, "continue", 1)
	case r.Tried && (s == history.StatusFailed || s == history.StatusTimedOut):
		id = r.nextTry()
	default:
		return nil
	}
	next := t.run(id)
	if next == nil || next.Carried.From != r.Run.RunID {
		return nil
	}
	return next
}

// after reports whether the run that r took signals over from is still there.
func (t *step) after(r *row) bool { return !r.Carried.From.IsZero() && t.run(r.Carried.From) != nil }

// stored are the rows of its history that go with r, and how many deleting them counts.
func (t *step) stored(r *row) (list []rows.Stretch, count uint64) {
	heir := t.heir(r)
	if heir == nil && r.Carried.Count == 0 {
		return nil, asRows(r.Run.Events)
	}
	var kept []rows.Stretch
	if heir != nil {
		kept = t.carriedBy(heir)
	}
	var own []rows.Stretch
	seq := uint64(1)
	for _, end := range r.Carried.Ends {
		c := t.carriedAt(r, end)
		own = append(own, rows.Stretch{Serial: r.Serial, First: seq, Count: end + 1 - c.Count() - seq})
		seq = end
	}
	own = append(own, rows.Stretch{Serial: r.Serial, First: seq, Count: r.Run.Events + 1 - seq})
	list = without(append(t.carriedBy(r), own...), kept)
	t.Charge(uint64(len(list)+len(kept)) / looksPerUnit)
	for _, s := range list {
		count += asRows(s.Count)
	}
	return list, count
}

// carriedBy are the stretches that r took over.
func (t *step) carriedBy(r *row) (list []rows.Stretch) {
	for _, end := range r.Carried.Ends {
		list = append(list, t.carriedAt(r, end).List...)
	}
	return list
}

// without is what is left of stretches when others are taken out; both rise.
func without(list, out []rows.Stretch) (left []rows.Stretch) {
	for _, s := range list {
		for s.Count > 0 {
			for len(out) > 0 && (out[0].Serial < s.Serial || out[0].Serial == s.Serial && out[0].End() <= s.First) {
				out = out[1:]
			}
			if len(out) == 0 || out[0].Serial > s.Serial || out[0].First >= s.End() {
				left = append(left, s)
				break
			}
			if o := out[0]; o.First > s.First {
				left = append(left, rows.Stretch{Serial: s.Serial, First: s.First, Count: o.First - s.First})
			}
			next := min(out[0].End(), s.End())
			s.First, s.Count = next, s.End()-next
		}
	}
	return left
}

// forgetHistory deletes what stored found.
func (t *step) forgetHistory(r *row, list []rows.Stretch) {
	if list == nil && r.Carried.Count == 0 {
		t.delRows(r.Serial, rows.FamilyEvent, r.Run.Events)
		return
	}
	for _, s := range list {
		if s.Count > pointRows {
			t.DelRange(rows.EventKey(s.Serial, s.First), rows.EventKey(s.Serial, s.End()))
			continue
		}
		for seq := s.First; seq < s.End(); seq++ {
			t.Del(rows.EventKey(s.Serial, seq))
		}
	}
}
