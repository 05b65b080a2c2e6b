package fsm

import "aion.dev/aion/fsm/history"

// A history that shows signals which another run received is deleted after that run's own, so the
// stored rows of a signal are kept by the oldest run that still shows them: deleting it leaves them
// where they are if the run that goes on from it shows them too.

// heir is the run that goes on from a closed one and shows signals that it had; nil = there is
// none.
func (t *step) heir(r *row) *row {
	if r.Run.Status != history.StatusContinuedAsNew {
		return nil
	}
	next := t.run(history.DeriveRunID(r.Run.RunID, "continue", 1))
	if next == nil || next.Carried.From != r.Run.RunID {
		return nil
	}
	return next
}

// after reports whether the run that r took signals over from is still there.
func (t *step) after(r *row) bool { return !r.Carried.From.IsZero() && t.run(r.Carried.From) != nil }

// stored are the rows of its history that go with r, and how many deleting them counts.
func (t *step) stored(r *row) (list []stretch, count uint64) {
	heir := t.heir(r)
	if heir == nil && r.Carried.Count == 0 {
		return nil, asRows(r.Run.Events)
	}
	var kept []stretch
	if heir != nil {
		kept = t.carriedBy(heir)
	}
	var own []stretch
	seq := uint64(1)
	for _, end := range r.Carried.Ends {
		c := t.carriedAt(r, end)
		own = append(own, stretch{r.Serial, seq, end + 1 - c.count() - seq})
		seq = end
	}
	own = append(own, stretch{r.Serial, seq, r.Run.Events + 1 - seq})
	list = without(append(t.carriedBy(r), own...), kept)
	t.charge(uint64(len(list)+len(kept)) / looksPerUnit)
	for _, s := range list {
		count += asRows(s.count)
	}
	return list, count
}

// carriedBy are the stretches that r took over.
func (t *step) carriedBy(r *row) (list []stretch) {
	for _, end := range r.Carried.Ends {
		list = append(list, t.carriedAt(r, end).list...)
	}
	return list
}

// without is what is left of stretches when others are taken out; both rise.
func without(list, out []stretch) (left []stretch) {
	for _, s := range list {
		for s.count > 0 {
			for len(out) > 0 && (out[0].serial < s.serial || out[0].serial == s.serial && out[0].end() <= s.first) {
				out = out[1:]
			}
			if len(out) == 0 || out[0].serial > s.serial || out[0].first >= s.end() {
				left = append(left, s)
				break
			}
			if o := out[0]; o.first > s.first {
				left = append(left, stretch{s.serial, s.first, o.first - s.first})
			}
			next := min(out[0].end(), s.end())
			s.first, s.count = next, s.end()-next
		}
	}
	return left
}

// forgetHistory deletes what stored found.
func (t *step) forgetHistory(r *row, list []stretch) {
	if list == nil && r.Carried.Count == 0 {
		t.delRows(r.Serial, keyEvent, r.Run.Events)
		return
	}
	for _, s := range list {
		if s.count > pointRows {
			t.delRange(eventKey(s.serial, s.first), eventKey(s.serial, s.end()))
			continue
		}
		for seq := s.first; seq < s.end(); seq++ {
			t.del(eventKey(s.serial, seq))
		}
	}
}
