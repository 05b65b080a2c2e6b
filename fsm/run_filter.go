package fsm

import (
	"bytes"
	"errors"
	"slices"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// passes looks at the row itself: the indexes stand for most of a filter, but not for all of it.
func (f *RunFilter) passes(r *rows.Run) bool {
	switch {
	case f.Type != "" && r.Type != f.Type, f.Status != 0 && r.Status != f.Status, !f.Version.IsZero() && r.Version != f.Version:
		return false
	case f.Parent != "" && (r.Parent == nil || r.Parent.WorkflowID != f.Parent):
		return false
	case !within(r.StartedAt, f.StartedFrom, f.StartedBefore):
		return false
	case f.closes() && (r.Status.Open() || !within(r.ClosedAt, f.ClosedFrom, f.ClosedBefore)):
		return false
	}
	for _, name := range sortedKeys(f.Attributes) {
		if !holds(r.Attributes[name], f.Attributes[name]) {
			return false
		}
	}
	return true
}

// closes reports whether the filter asks for a time of closing, which open runs do not have.
func (f *RunFilter) closes() bool { return f.ClosedFrom > 0 || f.ClosedBefore > 0 }

func within(at, from, before history.Time) bool {
	return at >= from && (before <= 0 || at < before)
}

// holds reports whether a run's value is the wanted one, or a list that has it as an item.
func holds(value, want history.Payload) bool {
	if bytes.Equal(value, want) {
		return true
	}
	for _, item := range rows.Items(value) {
		if bytes.Equal(item, want) {
			return true
		}
	}
	return false
}

// indexes are those that hold the runs that may pass the filter, from serial first on. The caller
// closes them, also beside an error.
func (p *picture) indexes(f *RunFilter, first uint64) (all []serials, err error) {
	add := func(index serials, bad error) {
		if err = errors.Join(err, bad); bad == nil {
			all = append(all, index)
		}
	}
	prefix := func(prefix []byte) {
		index, bad := p.listed(prefix, first)
		add(index, bad)
	}
	if f.Type != "" {
		prefix(append(rows.TextKey(rows.FamilyByType, f.Type), 0))
	}
	if f.Status.Open() {
		add(p.paged(append(rows.Key(rows.FamilyByStatus), byte(f.Status)), first))
	} else if f.Status != 0 {
		prefix(append(rows.Key(rows.FamilyByStatus), byte(f.Status)))
	}
	if !f.Version.IsZero() {
		prefix(rows.VersionKey(rows.FamilyByVersion, f.Version))
	}
	if f.Parent != "" {
		of := rows.ParentTerm(f.Parent)
		prefix(append(rows.Key(rows.FamilyByParent), of[:]...))
	}
	for _, name := range sortedKeys(f.Attributes) {
		of := rows.TermOf(name, f.Attributes[name])
		prefix(append(rows.Key(rows.FamilyAttribute), of[:]...))
	}
	if f.closes() {
		if list, ok := p.gather(f); ok {
			add(list, nil)
		}
	}
	own, bad := p.spaceIndex(first)
	if len(all) == 0 && !p.foreign() {
		prefix(rows.Key(rows.FamilyRun))
	}
	if own != nil || bad != nil {
		add(own, bad)
	}
	return all, err
}

// gather collects the runs that closed within the filter's bounds from the closed index, which has
// them in another order; false when they are too many, and the rows have to tell.
func (p *picture) gather(f *RunFilter) (list gathered, ok bool) {
	end := maxTime
	if f.ClosedBefore > 0 {
		end = f.ClosedBefore
	}
	types := []string{f.Type}
	if f.Type == "" {
		types = p.types()
	}
	for _, typ := range types {
		p.eachClosed(typ, f.ClosedFrom, end, func(_ history.Time, serial uint64, _ history.RunID) bool {
			list = append(list, serial)
			return len(list) <= maxGathered
		})
		if len(list) > maxGathered {
			return nil, false
		}
	}
	slices.Sort(list)
	return list, true
}

// firstStarted returns a serial that parts the runs: those below it started before at, the others
// then or later. Serials rise with the time of the start.
func (p *picture) firstStarted(at history.Time) uint64 {
	it, err := p.snap.Iter(rows.Key(rows.FamilyRun), rows.Key(rows.FamilyRun+1))
	if err != nil {
		p.s.fail(err)
		return 1
	}
	from, end := p.oldest, p.meta.Serial+1
	for from < end {
		middle, r := from+(end-from)/2, new(row)
		found := it.SeekIn(rows.RunKey(middle), rows.RunKey(end)) // some were deleted
		if !found || !p.row(it.Value(), r) || r.Run.StartedAt >= at {
			end = middle
		} else {
			from = r.Serial + 1
		}
	}
	p.s.fail(errors.Join(it.Error(), it.Close()))
	return from
}
