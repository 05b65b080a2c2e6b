package fsm

import (
	"bytes"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// Facts of versions: what each loaded version is to its types, since when, and whether it is
// drained. They are a projection of routes and pins, brought up to date at the end of an entry, so
// that an entry counts as one step: a run that continues as new does not drain its version. Only
// entries that move a route, or after which nothing pins a version to which no route points, cost
// anything.
//
// Rows exist from level 1 on. Builds at level 0 write none, and an entry of theirs must not differ.

// versionSet is a set of versions, in the order in which they came.
type versionSet struct {
	in   map[catalog.Version]bool
	list []catalog.Version
}

func (s *versionSet) add(v catalog.Version) {
	if !s.in[v] {
		s.in[v] = true
		s.list = append(s.list, v)
	}
}

func (s *versionSet) reset() {
	if s.in == nil {
		s.in = map[catalog.Version]bool{}
	}
	clear(s.in)
	s.list = s.list[:0]
}

// began makes the facts of a version that was just loaded.
func (t *step) began(p *catalog.Package) {
	if t.level() < 1 {
		return
	}
	f := &rows.VersionFacts{Members: make([]rows.MemberFacts, len(p.Members))}
	for i := range f.Members {
		f.Members[i] = rows.MemberFacts{State: rows.VersionStaged, Index: t.index, At: t.now}
	}
	t.s.facts[p.Version] = f
	t.storeFacts(p.Version, f)
}

func (t *step) storeFacts(v catalog.Version, f *rows.VersionFacts) {
	t.Put(rows.VersionKey(rows.FamilyFacts, v), rows.Encoded(f))
}

// forgetFacts drops the facts of a version that is being unloaded.
func (t *step) forgetFacts(v catalog.Version) {
	if t.s.facts[v] != nil {
		delete(t.s.facts, v)
		delete(t.moves.in, v)
		t.Del(rows.VersionKey(rows.FamilyFacts, v))
	}
}

// came notes that new starts of typ go to a version: what that makes of it is seen at the end of
// the entry, and that they did is noted now, for another command of the entry may end it.
func (t *step) came(typ string, v catalog.Version) {
	f := t.s.facts[v]
	if f == nil {
		return
	}
	t.moves.add(v)
	t.stays(v)
	if t.level() < 2 {
		return // such a version stays staged there
	}
	p, _ := t.s.catalog.Package(v)
	for i := range p.Members {
		f.Members[i].Routed = f.Members[i].Routed || p.Members[i].Type == typ
	}
}

// left is came for a version to which new starts of typ do not go any more, if they did when the
// entry began: what came within the entry was noted then.
func (t *step) left(typ string, v catalog.Version) {
	f := t.s.facts[v]
	if f == nil {
		return
	}
	p, _ := t.s.catalog.Package(v)
	for i, m := range p.Members {
		if s := f.Members[i].State; m.Type == typ && (s == rows.VersionRouted || s == rows.VersionCanary) {
			t.moves.add(v)
		}
	}
}

// settle brings the facts up to date at the end of an entry, in the order of versions.
func (t *step) settle() {
	all := t.settling[:0]
	for _, v := range t.moves.list {
		if t.moves.in[v] { // not unloaded since
			all = append(all, v)
		}
	}
	for _, v := range t.pins.versions {
		// What a version is where new runs start on it does not depend on its pins.
		if f := t.s.facts[v]; f != nil && !f.Live() && !t.moves.in[v] && (t.letGo(v) || t.s.ephemeral.of[v] != nil) {
			all = append(all, v)
		}
	}
	t.settling = all
	slices.SortFunc(all, func(a, b catalog.Version) int { return bytes.Compare(a[:], b[:]) })
	for _, v := range all {
		t.settleOne(v)
	}
}

// letGo reports whether the entry changed a version's pins. A version that was loaded in this entry
// does not count: the pins may be from before it was unloaded.
func (t *step) letGo(v catalog.Version) bool {
	p, ok := t.s.catalog.Package(v)
	return ok && t.pins.changed[v] && p.LoadedIndex != t.index
}

// settleOne brings the facts of a version up to date, which a route came to or left, or whose pins
// have changed while none pointed at it.
func (t *step) settleOne(v catalog.Version) {
	f := t.s.facts[v]
	if f == nil {
		return // unloaded since
	}
	p, _ := t.s.catalog.Package(v)
	drained := !t.live(p) && t.pinned(v) == rows.PinCounts{}
	if f.Drained == 0 && !drained && !t.moves.in[v] || drained && f.Drained == t.index {
		return // it is pinned, as before; or this was seen before an unload, or when the level was raised
	}
	f.Drained, f.DrainedAt = 0, 0
	if drained {
		f.Drained, f.DrainedAt = t.index, t.now
		t.announce(feedVersionDrained, versionDrained{v, p.Types(), t.index})
	}
	t.restate(p, f)
	asked := f.Asked
	if drained {
		asked = t.leaving(v, asked)
	}
	if f.Live() {
		f.Asked = nil
	}
	t.storeFacts(v, f)
	switch {
	case asked == nil:
	case drained:
		t.unloadAsked(p, asked)
	case f.Live():
		t.unloadForgone(p, asked)
	}
}

// live reports whether new runs of any type start on a version.
func (t *step) live(p *catalog.Package) bool {
	for i := range p.Members {
		if t.startsOn(p.Members[i].Type, p.Version) != 0 {
			return true
		}
	}
	return false
}

// startsOn returns VersionRouted or VersionCanary if new runs of typ start on a version, else 0.
func (t *step) startsOn(typ string, v catalog.Version) rows.VersionState {
	if t.s.catalog.Routed(typ) == v {
		return rows.VersionRouted
	}
	if c := t.s.canaries[typ]; c != nil && c.Version == v {
		return rows.VersionCanary
	}
	return 0
}

// restate finds out what a version is to its types now, and since when.
func (t *step) restate(p *catalog.Package, f *rows.VersionFacts) {
	for i := range f.Members {
		m := &f.Members[i]
		state := t.startsOn(p.Members[i].Type, p.Version)
		switch {
		case state != 0:
			m.Routed = true
		case !m.Routed:
			state = rows.VersionStaged
		case f.Drained != 0:
			state = rows.VersionDrained
		default:
			state = rows.VersionDraining
		}
		if m.State != state || state == rows.VersionDrained && f.Drained == t.index {
			m.State, m.Index, m.At = state, t.index, t.now
		}
	}
}

// VersionFacts implements View.
func (p *picture) VersionFacts(v catalog.Version) (f rows.VersionFacts, ok bool) {
	ok = p.row(p.Get(rows.VersionKey(rows.FamilyFacts, v)), &f)
	return f, ok
}
