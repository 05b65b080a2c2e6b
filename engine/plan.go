package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/schema"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// Plan is what a deployment would change, as of one index.
type Plan struct {
	Versions   []PlannedVersion
	Routes     []PlannedRoute    // those that would change, by type
	Dropped    []PlannedRoute    // types that a version carries which is replaced, and that no change routes elsewhere: they stay on it (To is zero)
	Pinned     []PlannedPins     // versions that types are routed away from, and that open runs need
	Canaries   []PlannedCanary   // that would begin or change, in the order of the changes
	Schedules  []PlannedSchedule // whose input the new version's schema refuses
	Unchecked  int               // schedules of these types beyond the first maxPlanned, which were not checked
	Unpolled   []string          // activities of the loaded packages that no worker has polled for within the last hour, as far as this leader knows
	Stopped    []rows.Stop       // of the packages and the types whose routes change
	PollsSince time.Time         // since when this leader knows of polls
	Index      uint64
	rerouted   map[string]*catalog.Package // what types whose route changes would be routed to
	canaried   map[string]*catalog.Package // the canaries that would begin, by type
}

// PlannedVersion is a package that would be loaded.
type PlannedVersion struct {
	Version  catalog.Version
	Types    []string
	Resident bool     // it is loaded already
	Signers  []string // names of the trusted keys that have signed it
}

// PlannedRoute is a route that would change; zero = no route.
type PlannedRoute struct {
	Type     string
	From, To catalog.Version
}

// PlannedCanary is a canary that would begin or change.
type PlannedCanary struct {
	Canary rows.Canary
	Routed catalog.Version
	Before *rows.Canary // as it is now; nil = it would begin
}

// PlannedPins is a version that stays because open runs need it.
type PlannedPins struct {
	Version catalog.Version
	Types   []string
	Pins    rows.PinCounts
}

// PlannedSchedule is a schedule whose fires would fail.
type PlannedSchedule struct {
	ID, Type, Reason string
}

// maxPlanned bounds how many schedules a plan checks.
const maxPlanned = 1000

// Changes reports whether carrying the plan out would change anything.
func (p *Plan) Changes() bool {
	return len(p.Routes) > 0 || len(p.Canaries) > 0 || slices.ContainsFunc(p.Versions, func(v PlannedVersion) bool { return !v.Resident })
}

// plan compares what is loaded and routed with what would be.
func (d *deployment) plan(v fsm.View, after *catalog.Catalog, answer *fsm.DeployAnswer) *Plan {
	before := v.Catalog()
	p := &Plan{Index: v.Index(), rerouted: map[string]*catalog.Package{}, canaried: map[string]*catalog.Package{}}
	for _, m := range d.manifests {
		_, resident := before.Package(m.pkg.Version)
		signers, _ := m.cmd.Signing(v) // refused by the rehearsal, if at all
		p.Versions = append(p.Versions, PlannedVersion{m.pkg.Version, m.pkg.Types(), resident, signers})
	}
	from, to := routesOf(before), routesOf(after)
	types := slices.Concat(slices.Collect(maps.Keys(from)), slices.Collect(maps.Keys(to)))
	slices.Sort(types)
	seen := func(version catalog.Version) string { // the order of versions is that in which they are seen
		pkg, ok := before.Package(version)
		if !ok {
			return version.String()
		}
		return pkg.Content().String()
	}
	left := map[catalog.Version][]string{} // versions that types are routed away from
	for _, typ := range slices.Compact(types) {
		if from[typ] == to[typ] {
			continue
		}
		p.Routes = append(p.Routes, PlannedRoute{typ, from[typ], to[typ]})
		p.rerouted[typ], _ = after.Package(to[typ])
		if !from[typ].IsZero() {
			left[from[typ]] = append(left[from[typ]], typ)
		}
	}
	for _, version := range slices.SortedFunc(maps.Keys(left), func(a, b catalog.Version) int { return cmp.Compare(seen(a), seen(b)) }) {
		if pins := v.Pins(version); pins.Total() > 0 {
			p.Pinned = append(p.Pinned, PlannedPins{version, left[version], pins})
		}
		for _, typ := range after.RoutesTo(version) {
			p.Dropped = append(p.Dropped, PlannedRoute{Type: typ, From: version})
		}
	}
	for _, change := range answer.Changes {
		if change.Canary != nil {
			p.canary(v, after, change.Canary)
		}
	}
	p.stops(v)
	p.Unpolled, p.PollsSince = d.e.polled.missing(d.activities(), time.Now())
	return p
}

// stops adds what is stopped of what the plan is about.
func (p *Plan) stops(v fsm.View) {
	add := func(typ string, version catalog.Version) {
		if s := stopOf(v, typ, version); s != nil && !slices.Contains(p.Stopped, *s) {
			p.Stopped = append(p.Stopped, *s)
		}
	}
	for _, of := range p.Versions {
		for _, typ := range of.Types {
			add(typ, of.Version)
		}
	}
	for _, r := range p.Routes {
		add(r.Type, r.To)
	}
}

// canary adds a canary that would begin or change. The last change of a type is what counts.
func (p *Plan) canary(v fsm.View, after *catalog.Catalog, a *fsm.CanaryAnswer) {
	typ := a.Canary.Type
	p.Canaries = slices.DeleteFunc(p.Canaries, func(c PlannedCanary) bool { return c.Canary.Type == typ })
	planned := PlannedCanary{Canary: a.Canary, Routed: a.Routed}
	if now, ok := v.Canary(typ); ok {
		if now == a.Canary {
			return
		}
		planned.Before = &now
	} else {
		p.canaried[typ], _ = after.Package(a.Canary.Version)
	}
	p.Canaries = append(p.Canaries, planned)
}

func routesOf(c *catalog.Catalog) map[string]catalog.Version {
	routes := map[string]catalog.Version{}
	for _, r := range c.Routes() {
		routes[r.Type] = r.Version
	}
	return routes
}

// activities are those of all packages that are loaded, sorted.
func (d *deployment) activities() (names []string) {
	for _, m := range d.manifests {
		names = append(names, m.manifest.Activities...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// planSchedules checks the inputs of schedules of the types that would be routed elsewhere or get a
// canary, a page at a time: an input may be large, and a check may have to fetch an archive. Which
// schedules the canary gets is drawn when it begins, so it is checked for all.
func (e *Engine) planSchedules(ctx context.Context, p *Plan) error {
	checked := 0
	for after := ""; ; {
		var page []rows.Schedule
		e.view(ctx, func(v fsm.View) { page = v.Schedules(after, DefaultPage) })
		if len(page) == 0 {
			return nil
		}
		for i := range page {
			s := &page[i]
			after = s.ID
			for _, to := range []*catalog.Package{p.rerouted[s.Type], p.canaried[s.Type]} {
				if to == nil {
					continue
				}
				if checked++; checked > maxPlanned {
					p.Unchecked++
					continue
				}
				violation, err := e.violation(ctx, to, s.Type, s.Filled(s.Input, max(1, s.Next)))
				if err != nil {
					return err
				}
				if v, ok := violation.(*schema.Violation); ok {
					p.Schedules = append(p.Schedules, PlannedSchedule{s.ID, s.Type, v.Error()})
				}
			}
		}
	}
}
