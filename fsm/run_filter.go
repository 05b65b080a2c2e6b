package fsm

import (
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
		if !rows.HasValue(r.Attributes[name], f.Attributes[name]) {
			return false
		}
	}
	for i := range f.Where {
		if !f.Where[i].Holds(r) {
			return false
		}
	}
	return true
}

// bounded is the filter with bounds on times that its conditions say, too; false = no run can pass.
func (f RunFilter) bounded() (RunFilter, bool) {
	for i := range f.Where {
		from, before := &f.StartedFrom, &f.StartedBefore
		switch c := &f.Where[i]; {
		case c.Field == rows.OfClosed:
			from, before = &f.ClosedFrom, &f.ClosedBefore
			fallthrough
		case c.Field == rows.OfStarted:
			at := c.At
			if c.Op == rows.Above || c.Op == rows.AtMost {
				at++
			}
			if c.Op == rows.Above || c.Op == rows.AtLeast {
				*from = max(*from, at, 1)
			} else if at <= 0 {
				return f, false
			} else if *before == 0 || at < *before {
				*before = at
			}
		case c.Field == rows.OfStatus && c.Op == rows.Equal:
			if f.Status != 0 && f.Status != c.Status {
				return f, false
			}
			f.Status = c.Status
		case c.Field == rows.OfType && c.Op == rows.Equal:
			if f.Type != "" && f.Type != c.Text {
				return f, false
			}
			f.Type = c.Text
		case c.Field == rows.OfVersion && c.Op == rows.Equal:
			if !f.Version.IsZero() && f.Version != c.Version {
				return f, false
			}
			f.Version = c.Version
		case c.Field == rows.OfParent:
			if f.Parent != "" && f.Parent != c.Text {
				return f, false
			}
			f.Parent = c.Text
		}
	}
	return f, !(f.Status.Open() && f.closes())
}

// closes reports whether the filter asks for a time of closing, which open runs do not have.
func (f *RunFilter) closes() bool { return f.ClosedFrom > 0 || f.ClosedBefore > 0 }

func within(at, from, before history.Time) bool {
	return at >= from && (before <= 0 || at < before)
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
	for i := range f.Where {
		if c := &f.Where[i]; c.Field != rows.OfAttribute {
			continue
		} else if c.Op == rows.Equal {
			of := rows.TermOf(c.Name, c.Value)
			prefix(append(rows.Key(rows.FamilyAttribute), of[:]...))
		} else if list, ok := p.gatherOrdered(c); ok {
			add(list, nil)
		}
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

// gatherOrdered collects the runs for which a condition on an attribute may hold from the index of
// ordered attributes; false when they are too many, or not all of them are in it.
func (p *picture) gatherOrdered(c *rows.Condition) (list gathered, ok bool) {
	space, ok := p.spaceAsked()
	if !ok {
		return nil, false
	}
	first, end := c.Within(space)
	p.Scan(first, end, func(k, _ []byte) bool {
		list = append(list, rows.U64(k[len(k)-8:]))
		return len(list) <= maxGathered
	})
	if len(list) > maxGathered {
		return nil, false
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
