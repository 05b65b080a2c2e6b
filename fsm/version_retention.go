package fsm

import (
	"fmt"
	"maps"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// SetVersionRetention sets the rule by which drained versions are unloaded, or takes it away.
// Without one they stay. Refused: invalid_input. Level 1.
type SetVersionRetention struct {
	Rule   rows.VersionRetention `cbor:"1,keyasint"`
	Remove bool                  `cbor:"2,keyasint,omitempty"`
}

// PurgeVersions unloads those of the versions that the rule does not keep at the entry's log time,
// and passes over the others. Level 1.
type PurgeVersions struct {
	Versions []catalog.Version `cbor:"1,keyasint"`
}

// VersionsPurged says what PurgeVersions unloaded.
type VersionsPurged struct {
	Versions []catalog.Version `cbor:"1,keyasint"`
}

// Bounds of PurgeVersions: what it unloads has a record for each member.
const (
	maxPurgedVersions = 100
	maxPurgedMembers  = 1_000 // the first package always goes
)

// MaxKeptVersions bounds Keep of a rule.
const MaxKeptVersions = 10_000

const byRetention = "by the retention of versions"

// Kind implements Command.
func (*SetVersionRetention) Kind() Kind { return KindSetVersionRetention }
func (*PurgeVersions) Kind() Kind       { return KindPurgeVersions }
func (*VersionsPurged) answer()         {}

func (c *SetVersionRetention) apply(t *step) (Answer, Refusal) {
	if c.Remove {
		t.setVersionRetention(t.who.Only.In(), nil)
		return new(Done), nil
	}
	rule := c.Rule
	if rule.Keep > MaxKeptVersions {
		return nil, &catalog.InvalidInput{Field: "keep", Reason: fmt.Sprintf("is %d; 0 to %d are allowed", rule.Keep, MaxKeptVersions)}
	}
	if rule.MinAge < 0 || rule.MinAge > MaxRetention {
		return nil, &catalog.InvalidInput{Field: "min_age", Reason: fmt.Sprintf("is %s; 0s to %s are allowed", rule.MinAge, MaxRetention)}
	}
	t.setVersionRetention(t.who.Only.In(), &rule)
	return new(Done), nil
}

// setVersionRetention sets the rule of a namespace, or takes it away. Pictures share the rules.
func (t *step) setVersionRetention(space string, rule *rows.VersionRetention) {
	old := t.s.versions
	if space == "" {
		t.s.versions = rule
	} else {
		old = t.s.kept[space]
		if t.s.kept = maps.Clone(t.s.kept); rule != nil {
			t.s.kept[space] = rule
		} else {
			delete(t.s.kept, space)
		}
	}
	switch key := rows.TextKey(rows.FamilySpent, space); {
	case rule != nil:
		t.Put(key, rows.Encoded(*rule))
	case old != nil:
		t.Del(key)
	}
}

// versionRule is the rule for the versions of a namespace; nil = they stay.
func versionRule(ofDefault *rows.VersionRetention, kept map[string]*rows.VersionRetention, space string) *rows.VersionRetention {
	if space == "" {
		return ofDefault
	}
	return kept[space]
}

func (c *PurgeVersions) apply(t *step) (Answer, Refusal) {
	a, members := new(VersionsPurged), 0
	for _, v := range c.Versions {
		p, ok := t.s.catalog.Package(v)
		f := t.s.facts[v]
		if !ok || f == nil {
			continue
		}
		rule := versionRule(t.s.versions, t.s.kept, p.Space())
		if rule == nil {
			continue
		}
		// What the entry did before this command is not among the facts yet.
		if t.live(p) || t.pinned(v) != (rows.PinCounts{}) || t.pins.changed[v] || t.moves.in[v] || !spent(t.s.catalog, rule, p, f, t.now) {
			continue
		}
		if members += len(p.Members); len(a.Versions) == maxPurgedVersions || members > maxPurgedMembers && len(a.Versions) > 0 {
			break
		}
		if err := t.remove(p, &rows.UnloadAsked{Message: byRetention}); err != nil {
			continue // a route points at it
		}
		a.Versions = append(a.Versions, v)
	}
	return a, nil
}

// spent reports whether the rule does not keep a version any more. A version that no type was ever
// routed to stays, however many runs it had: somebody is about to route to it.
func spent(c *catalog.Catalog, rule *rows.VersionRetention, p *catalog.Package, f *rows.VersionFacts, now history.Time) bool {
	return now >= rows.Due(f.DrainedAt, rule.MinAge) && spendable(c, rule, p, f)
}

// spendable is spent but for the age.
func spendable(c *catalog.Catalog, rule *rows.VersionRetention, p *catalog.Package, f *rows.VersionFacts) bool {
	if f.Drained == 0 || !f.Used() || f.Live() || c.RollsBackTo(p) {
		return false
	}
	for _, m := range p.Members {
		if uint64(c.LoadedSince(p, m.Type)) < rule.Keep {
			return false
		}
	}
	return true
}

// VersionRetention implements View.
func (p *picture) VersionRetention() (rows.VersionRetention, bool) {
	rule := p.versions
	if p.foreign() {
		rule = p.kept[*p.space]
	}
	if rule == nil {
		return rows.VersionRetention{}, false
	}
	return *rule, true
}

// SpentVersions implements View.
func (p *picture) SpentVersions(now history.Time, limit int) (list []catalog.Version, next history.Time) {
	if p.versions == nil && len(p.kept) == 0 {
		return nil, 0
	}
	for _, pack := range p.catalog.Packages() {
		f, ok := p.VersionFacts(pack.Version)
		rule := versionRule(p.versions, p.kept, pack.Space())
		if !ok || rule == nil || !spendable(p.catalog, rule, pack, &f) {
			continue
		}
		at := rows.Due(f.DrainedAt, rule.MinAge)
		switch {
		case at > now && (next == 0 || at < next):
			next = at
		case at <= now && len(list) < min(pageSize(limit), maxPurgedVersions):
			list = append(list, pack.Version)
		}
	}
	return list, next
}
