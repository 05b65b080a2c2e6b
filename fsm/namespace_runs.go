package fsm

import (
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
	"aion.dev/aion/internal/namespace"
)

// Runs of a namespace stand in an index of their own, by serial. Those of default stand in none:
// what is not of default is noted instead, as stretches of serials, so that a listing of default
// steps over any number of foreign runs at once, and default pays nothing for it.

// stretch is a run of serials that are none of default. The newest is in memory: most starts
// make it longer.
type stretch struct{ first, last uint64 }

// enter lists a run that was just started.
func (t *step) enter(r *row) {
	space := namespace.Of(r.Run.WorkflowID)
	if space == "" {
		return
	}
	t.use(space).Runs++
	t.Put(rows.AppendU64(rows.SpaceRuns(space), r.Serial), nil)
	s := t.s.stretch
	if s.last+1 != r.Serial || s.first == 0 {
		s.first = r.Serial
	}
	s.last = r.Serial
	t.s.stretch = s
	t.putStretch(s)
}

// leaveSpace takes a run off the list that is being deleted. The stretch that it was in begins with
// the next run of the stretch that there is.
func (t *step) leaveSpace(r *row) {
	space := namespace.Of(r.Run.WorkflowID)
	if space == "" {
		return
	}
	use := t.use(space)
	use.Runs--
	use.Bytes -= min(use.Bytes, r.Run.Bytes)
	t.Del(rows.AppendU64(rows.SpaceRuns(space), r.Serial))
	s := stretchAt(t.Reader(rows.FamilySpaceRun), r.Serial, t.Fail)
	if s.first != r.Serial {
		return
	}
	newest := s.last == t.s.stretch.last
	t.Del(rows.AppendU64(rows.SpaceRuns(""), s.first))
	for s.first++; s.first <= s.last; s.first++ {
		if t.Get(rows.RunKey(s.first)) != nil {
			t.putStretch(s)
			break
		}
	}
	if newest {
		t.s.stretch = s
	}
}

// stretchAt returns the last stretch that begins at or before a serial; zero = there is none.
func stretchAt(from store.Reader, serial uint64, fail func(error)) (s stretch) {
	all := rows.SpaceRuns("")
	fail(from.ScanBack(all, append(rows.AppendU64(all[:len(all):len(all)], serial), 0), func(k, v []byte) bool {
		s = stretch{rows.U64(k[len(all):]), rows.U64(v)}
		return false
	}))
	return s
}

func (t *step) putStretch(s stretch) {
	t.Put(rows.AppendU64(rows.SpaceRuns(""), s.first), rows.AppendU64(nil, s.last))
}

// ownRuns is an index of all runs of default: every serial that is in no stretch. Whether there is
// such a run, other indexes tell.
type ownRuns struct {
	stretches *listed
}

func (l *ownRuns) seek(at uint64) (uint64, bool) {
	for {
		first, ok := l.stretches.seek(at)
		if !ok {
			return at, at > 0
		}
		if rows.U64(l.stretches.it.Value()) < at {
			return at, true
		}
		if first <= 1 {
			return 0, false
		}
		at = first - 1
	}
}

func (l *ownRuns) close() error { return l.stretches.close() }

// spaceIndex is the index of the runs of the namespace that the picture shows; nil = it shows all,
// or there is only default.
func (p *picture) spaceIndex(first uint64) (serials, error) {
	switch {
	case p.space == nil || *p.space == "" && len(p.spaces) == 0:
		return nil, nil
	case *p.space != "":
		return p.listed(rows.SpaceRuns(*p.space), first)
	}
	stretches, err := p.listed(rows.SpaceRuns(""), 0)
	if err != nil {
		return nil, err
	}
	return &ownRuns{stretches: stretches}, nil
}
