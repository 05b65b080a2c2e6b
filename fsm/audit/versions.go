package audit

import (
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// checkVersions recounts the facts of versions from routes and pins: what each is to its types, and
// whether it is drained.
func (c *checker) checkVersions() {
	found := 0
	c.p.Scan(rows.Key(rows.FamilyFacts), rows.Key(rows.FamilyFacts+1), func(k, b []byte) bool {
		var f rows.VersionFacts
		v := catalog.Version(k[1:])
		p, loaded := c.p.Catalog().Package(v)
		switch {
		case !decoded(b, &f):
			c.failf("the facts of version %s cannot be read", v)
		case !loaded:
			c.failf("there are facts of version %s, which is not loaded", v)
		case c.p.Level() < 1:
			c.failf("there are facts of version %s at level 0", v)
		case len(f.Members) != len(p.Members):
			c.failf("there are facts of %d members of version %s, it has %d", len(f.Members), v, len(p.Members))
		default:
			found++
			c.checkVersion(p, &f)
		}
		return c.err == nil
	})
	if all := len(c.p.Catalog().Packages()); c.err == nil && c.p.Level() >= 1 && found != all {
		c.failf("there are facts of %d versions, %d are loaded", found, all)
	}
}

// checkCanaries: what resolves versions is what is stored, and no count passes what there can be.
func (c *checker) checkCanaries() {
	stored := map[string]bool{}
	for _, canary := range c.p.Canaries() {
		stored[canary.Type] = true
		if rule, ok := c.p.Catalog().Canary(canary.Type); !ok || rule != canary.Rule() {
			c.failf("the canary of type %q is %+v in memory, stored is %+v", canary.Type, rule, canary)
		}
		for _, n := range []rows.CanaryCounts{canary.Counts, canary.Routed} {
			if n.Started > c.p.Meta().Serial-canary.Serial {
				c.failf("the canary of type %q counts %d runs, %d have started since", canary.Type, n.Started, c.p.Meta().Serial-canary.Serial)
			}
		}
		if n := canary.Counts; canary.AbortFailures > 0 && n.Failed >= canary.AbortFailures || canary.PromoteAfter > 0 && n.Completed >= canary.PromoteAfter {
			c.failf("the canary of type %q has reached a threshold and is still there: %+v", canary.Type, canary)
		}
	}
	for _, p := range c.p.Catalog().Packages() {
		for _, typ := range c.p.Catalog().CanaryOf(p) {
			if !stored[typ] {
				c.failf("type %q has a canary in memory that is not stored", typ)
			}
		}
	}
}

// checkEphemerals: an ephemeral version is loaded, something pins it, and no new starts go to it.
func (c *checker) checkEphemerals() {
	c.p.Scan(rows.Key(rows.FamilyEphemeral), rows.Key(rows.FamilyEphemeral+1), func(k, b []byte) bool {
		var e rows.Ephemeral
		v := catalog.Version(k[1:])
		p, loaded := c.p.Catalog().Package(v)
		f, _ := c.p.VersionFacts(v)
		switch {
		case !decoded(b, &e):
			c.failf("the row of ephemeral version %s cannot be read", v)
		case !loaded:
			c.failf("version %s is ephemeral, and not loaded", v)
		case c.p.Level() < 2:
			c.failf("version %s is ephemeral at level %d", v, c.p.Level())
		case c.counts[string(rows.VersionKey(rows.FamilyPinCount, v))] == nil || *c.counts[string(rows.VersionKey(rows.FamilyPinCount, v))] == rows.PinCounts{}:
			c.failf("version %s is ephemeral, and nothing pins it", v)
		case f.Live() || f.Used() || len(c.p.Catalog().RoutesTo(v)) > 0 || len(c.p.Catalog().CanaryOf(p)) > 0:
			c.failf("version %s is ephemeral, and starts of a type go to it or went", v)
		case len(e.Owners) == 0 || len(e.Owners) > fsm.MaxEphemeralOwners:
			c.failf("ephemeral version %s has %d owners", v, len(e.Owners))
		}
		return c.err == nil
	})
}

func (c *checker) checkVersion(p *catalog.Package, f *rows.VersionFacts) {
	var pins rows.PinCounts
	if n := c.counts[string(rows.VersionKey(rows.FamilyPinCount, p.Version))]; n != nil {
		pins = *n
	}
	live, used := false, false
	for i, m := range p.Members {
		got := f.Members[i]
		want := rows.VersionDraining
		switch routed := c.p.Catalog().Routed(m.Type) == p.Version; {
		case routed:
			want, live = rows.VersionRouted, true
		case slices.Contains(c.p.Catalog().CanaryOf(p), m.Type):
			want, live = rows.VersionCanary, true
		case !got.Routed:
			want = rows.VersionStaged
		case f.Drained != 0:
			want = rows.VersionDrained
		}
		if got.State != want {
			c.failf("version %s is %s to type %q, want %s", p.Version, got.State, m.Type, want)
		}
		if want != rows.VersionStaged && !got.Routed {
			c.failf("version %s is %s to type %q, which was never routed to it", p.Version, got.State, m.Type)
		}
		if got.Index > c.p.Index() || got.At > c.p.Now() {
			c.failf("version %s will be %s to type %q at index %d", p.Version, got.State, m.Type, got.Index)
		}
		used = used || got.Routed
	}
	free := !live && pins == rows.PinCounts{}
	switch {
	case f.Drained != 0 && !free:
		c.failf("version %s is drained since %d, and has %+v", p.Version, f.Drained, pins)
	case f.Drained == 0 && free && used:
		c.failf("version %s was routed and is not drained, and has no pins", p.Version)
	case f.Drained > c.p.Index() || (f.Drained == 0) != (f.DrainedAt == 0):
		c.failf("version %s is drained since index %d, %d", p.Version, f.Drained, f.DrainedAt)
	case f.Asked != nil && free:
		c.failf("version %s is drained and was to be unloaded, and is still there", p.Version)
	case f.Asked != nil && live:
		c.failf("version %s is routed and is to be unloaded once it is drained", p.Version)
	}
}
