package sim

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// facts is what is known of a loaded version from level 1 on.
type facts struct {
	once    map[string]bool // types that were routed to it at some time
	drained uint64          // index of the entry that drained it; 0 = it is not
	at      history.Time    // of that entry
	asked   bool            // it is to be unloaded once it is drained

	owners []string // who is charged for a version that goes with its last run; nil = it stays
	bytes  uint64   // of its archive
}

func newFacts() *facts { return &facts{once: map[string]bool{}} }

func (f *facts) clone() *facts {
	c := *f
	c.once = maps.Clone(f.once)
	return &c
}

// drainedAt is a version that an entry drained.
type drainedAt struct {
	index   uint64
	version catalog.Version
}

func (m *Model) isLive(p *catalog.Package) bool {
	for _, member := range p.Members {
		if m.startsOn(member.Type, p.Version) {
			return true
		}
	}
	return false
}

// startsOn reports whether new runs of a type start on a version: it is routed, or the canary.
func (m *Model) startsOn(typ string, v catalog.Version) bool {
	return m.routes[typ].now == v || m.canaries[typ] != nil && m.canaries[typ].version == v
}

// came notes that new runs of a type start on a version, from level 2 on also if that ends within
// the entry.
func (m *Model) came(typ string, v catalog.Version) {
	m.moved[v] = true
	if f := m.facts[v]; f != nil {
		f.owners = nil
	}
	if f := m.facts[v]; f != nil && m.level >= 2 {
		f.once[typ] = true
	}
}

func (m *Model) isRouted(p *catalog.Package) bool {
	return slices.ContainsFunc(p.Members, func(member catalog.Member) bool { return m.routes[member.Type].now == p.Version })
}

// letGo reports whether the entry being judged closed or moved away a run of a version that was
// loaded before it.
func (m *Model) letGo(p *catalog.Package) bool {
	if m.unpinned[p.Version] {
		return p.LoadedIndex != m.index
	}
	for i := len(m.closes) - 1; i >= 0 && m.closes[i].index == m.index; i-- {
		if r := m.runs[m.closes[i].run]; r != nil && r.version == p.Version {
			return p.LoadedIndex != m.index
		}
	}
	return false
}

// firstFacts is what is known of what was loaded when level 1 is reached.
func (m *Model) firstFacts() {
	for v, p := range m.loaded { // any order: each for itself
		f := newFacts()
		for _, member := range p.Members {
			r := m.routes[member.Type]
			f.once[member.Type] = r.now == v || r.before == v || slices.ContainsFunc(m.deploys, func(d deployed) bool {
				return d.outcome == ok && d.typ == member.Type && d.left == v
			})
			if f.once[member.Type] && !m.isLive(p) && m.pins(v).Total() == 0 {
				f.drained, f.at = m.index, m.now
			}
		}
		m.facts[v] = f
	}
}

// settle ends an entry: versions that it drained, or that a route came to.
func (m *Model) settle() {
	var all []*catalog.Package
	for v, p := range m.loaded { // any order: sorted below
		if m.facts[v] != nil && (m.moved[v] || !m.isLive(p) && (m.letGo(p) || m.facts[v].owners != nil) || m.facts[v].drained != 0 && m.pins(v).Total() > 0) {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b *catalog.Package) int { return bytes.Compare(a.Version[:], b.Version[:]) })
	clear(m.left)
	for _, p := range all {
		m.settleOne(p)
		f := m.facts[p.Version]
		if !f.asked && f.owners == nil {
			continue
		}
		_, types := m.concerns(&fsm.LoadPackage{Package: *p})
		switch {
		case f.drained != 0:
			m.remove(p)
			m.recordDeploy("unload", types, ok)
		case m.isLive(p):
			f.asked = false
			code := "canary_active"
			if m.isRouted(p) {
				code = "route_active"
			}
			m.recordDeploy("unload", types, code)
		}
	}
}

func (m *Model) settleOne(p *catalog.Package) {
	f := m.facts[p.Version]
	free := !m.isLive(p) && m.pins(p.Version).Total() == 0
	if free && f.drained == m.index {
		return
	}
	f.drained, f.at = 0, 0
	for _, member := range p.Members {
		if m.startsOn(member.Type, p.Version) {
			f.once[member.Type] = true
		}
	}
	if free {
		f.drained, f.at = m.index, m.now
		m.drains = append(m.drains, drainedAt{m.index, p.Version})
	}
}

func (m *Model) remove(p *catalog.Package) {
	if m.facts[p.Version] != nil && (m.moved[p.Version] || m.letGo(p)) {
		m.settleOne(p)
	}
	delete(m.loaded, p.Version)
	delete(m.signers, p.Version)
	delete(m.ready, p.Version)
	delete(m.facts, p.Version)
	delete(m.moved, p.Version)
}

func (m *Model) unloadWhenDrained(c *fsm.UnloadWhenDrained, r *fsm.Result) (code, why string) {
	p := m.find(c.Type, c.Version)
	if p == nil {
		return "unknown_version", ""
	}
	if m.isRouted(p) {
		return "route_active", ""
	}
	if m.isLive(p) {
		return "canary_active", ""
	}
	pending := m.pins(p.Version).Total() > 0
	if a, is := r.Answer.(*fsm.UnloadAnswer); is && a.Pending != pending {
		return ok, fmt.Sprintf("pending %v, want %v", a.Pending, pending)
	}
	if pending {
		m.facts[p.Version].asked = true
	} else {
		m.remove(p)
	}
	return ok, ""
}

func (m *Model) cancelUnload(c *fsm.CancelUnload) string {
	p := m.find(c.Type, c.Version)
	if p == nil {
		return "unknown_version"
	}
	if !m.facts[p.Version].asked {
		return "invalid_state"
	}
	m.facts[p.Version].asked = false
	return ok
}

// purgeVersions unloads what the rule does not keep, as it stood before the entry.
func (m *Model) purgeVersions(c *fsm.PurgeVersions, r *fsm.Result) string {
	var want []catalog.Version
	for _, v := range c.Versions {
		p, f := m.loaded[v], m.facts[v]
		if p == nil || f == nil || m.spent == nil || f.drained == 0 || f.drained == m.index && m.letGo(p) {
			continue
		}
		if m.isLive(p) || m.pins(v).Total() > 0 || m.moved[v] || m.letGo(p) || m.now < f.at+history.Time(m.spent.MinAge) || !m.unneeded(p) {
			continue
		}
		want = append(want, v)
		m.remove(p)
		_, types := m.concerns(&fsm.LoadPackage{Package: *p})
		m.recordDeploy("unload", types, ok)
	}
	if a, is := r.Answer.(*fsm.VersionsPurged); is && !slices.Equal(a.Versions, want) {
		return fmt.Sprintf("unloaded %v, want %v", a.Versions, want)
	}
	return ""
}

// unneeded reports whether a drained version was routed once, no rollback goes to it, and the rule
// does not keep it as one of the newest.
func (m *Model) unneeded(p *catalog.Package) bool {
	once := false
	for _, member := range p.Members {
		once = once || m.facts[p.Version].once[member.Type]
		newer := uint64(0)
		for _, o := range m.loaded { // any order: counted
			if carries(o, member.Type) && (o.LoadedIndex > p.LoadedIndex || o.LoadedIndex == p.LoadedIndex && bytes.Compare(o.Version[:], p.Version[:]) > 0) {
				newer++
			}
		}
		if m.routes[member.Type].before == p.Version || newer < m.spent.Keep {
			return false
		}
	}
	return once
}

// submitVersion sends a command of level 1 about versions, or the one that raises the level.
func (w *World) submitVersion(n *node, rng *rand.Rand) bool {
	p := one(rng, known)
	for i := range known { // usually one that runs need, and new ones do not start on
		if v := known[i].Version; w.model.facts[v] != nil && !w.model.isLive(&known[i]) && w.model.pins(v).Total() > 0 && !odds(rng, 3) {
			p = known[i]
		}
	}
	typ, ref := p.Members[rng.IntN(len(p.Members))].Type, p.Version.String()
	var c fsm.Command
	switch d := rng.IntN(20); {
	case w.model.level >= 4 && odds(rng, 6):
		c = w.drawPolicy(rng)
	case w.model.level >= 3 && odds(rng, 8):
		c = w.drawToken(rng)
	case w.model.level < 1 && d > 2:
		return false
	case d < 2:
		raise := &fsm.RaiseLevel{Level: 1 + uint64(d) + 2*rng.Uint64N(2)}
		if raise.Level == 4 { // most of what is new waits for it
			raise.Level = fsm.NewestLevel
		}
		c = raise
	case w.model.level < 1:
		return false
	case d < 7:
		c = &fsm.UnloadWhenDrained{Type: typ, Version: ref}
	case d < 8:
		for i := range known { // usually one that is to be unloaded
			if f := w.model.facts[known[i].Version]; f != nil && f.asked && !odds(rng, 4) {
				typ, ref = known[i].Members[0].Type, known[i].Version.String()
			}
		}
		c = &fsm.CancelUnload{Type: typ, Version: ref}
	case d < 10:
		c = &fsm.SetVersionRetention{Rule: rows.VersionRetention{Keep: rng.Uint64N(3), MinAge: history.Duration(rng.IntN(60)) * 1e9}, Remove: odds(rng, 3)}
	case d >= 15 && w.model.level >= 2:
		c = w.drawPackage(rng)
	case d >= 12:
		c = w.drawCanary(rng)
	default:
		all := new(fsm.PurgeVersions)
		for i := range known {
			all.Versions = append(all.Versions, known[i].Version)
		}
		c = all
	}
	return w.forward(n, &call{envelope: fsm.Envelope{Command: c}})
}

// factsAreNot compares what is known of versions, and what the rule would unload.
func (m *Model) factsAreNot(v fsm.View) string {
	for i := range known {
		version := known[i].Version
		got, there := v.VersionFacts(version)
		want := m.facts[version]
		if there != (want != nil) {
			return fmt.Sprintf("there are facts of version %s: %v, want %v", version.Short(), there, want != nil)
		}
		if !there {
			continue
		}
		if got.Drained != want.drained || (got.Asked != nil) != want.asked {
			return fmt.Sprintf("version %s is drained since %d, to be unloaded: %v; want %d, %v", version.Short(), got.Drained, got.Asked != nil, want.drained, want.asked)
		}
		if why := m.ephemeralIsNot(v, version, want); why != "" {
			return why
		}
		for j, member := range m.loaded[version].Members {
			state := rows.VersionDraining
			switch {
			case m.routes[member.Type].now == version:
				state = rows.VersionRouted
			case m.startsOn(member.Type, version):
				state = rows.VersionCanary
			case !want.once[member.Type]:
				state = rows.VersionStaged
			case want.drained != 0:
				state = rows.VersionDrained
			}
			if got.Members[j].State != state {
				return fmt.Sprintf("version %s is %s to type %s, want %s", version.Short(), got.Members[j].State, member.Type, state)
			}
		}
	}
	return ""
}

// drainsAreNot compares what the stream says about drained versions from an index on.
func (m *Model) drainsAreNot(got []drainedAt, start uint64) string {
	var want []drainedAt
	for _, d := range m.drains {
		if d.index >= start {
			want = append(want, d)
		}
	}
	order := func(a, b drainedAt) int {
		if a.index != b.index {
			return int(a.index) - int(b.index)
		}
		return bytes.Compare(a.version[:], b.version[:])
	}
	slices.SortFunc(got, order) // an unload comes before the end of its entry
	slices.SortFunc(want, order)
	if !slices.Equal(got, want) {
		return fmt.Sprintf("from index %d on the stream has these drained versions: %v, want %v", start, got, want)
	}
	return ""
}
