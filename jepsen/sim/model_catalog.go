package sim

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// expects reports whether the route of a type satisfies a condition.
func (m *Model) expects(typ, ref string) bool {
	now := m.routes[typ].now
	switch ref {
	case "":
		return true
	case catalog.None:
		return now.IsZero()
	}
	return now.String() == ref
}

// point routes a type to a version and reports whether that changed anything. A rollback goes back
// to what was routed before an unroute.
func (m *Model) point(typ string, v catalog.Version) bool {
	r := m.routes[typ]
	if r.now == v {
		return false
	}
	if !r.now.IsZero() {
		r.before = r.now
		m.moved[r.now] = true
	}
	m.came(typ, v)
	if r.before == v {
		r.before = catalog.Version{}
	}
	r.now = v
	m.routes[typ] = r
	m.left[typ] = r.before
	return true
}

func (m *Model) load(c *fsm.LoadPackage, r *fsm.Result) (code, why string) {
	p := c.Package
	signers, refused := m.unsigned(&p, c.Signatures)
	if refused != "" {
		return refused, ""
	}
	resident := m.loaded[p.Version]
	if resident != nil && resident.ManifestDigest != p.ManifestDigest {
		return "manifest_mismatch", ""
	}
	for _, e := range c.Expect {
		if !carries(&p, e.Type) {
			return "invalid_input", ""
		}
		if !m.expects(e.Type, e.Ref) {
			return "route_conflict", ""
		}
	}
	for _, member := range p.Members {
		if c.Route && !m.steady(member.Type, p.Version) {
			return "canary_active", ""
		}
	}
	if resident == nil {
		m.loaded[p.Version] = &p
		p.LoadedIndex, p.LoadedAt = m.index, int64(m.now)
		if m.level >= 1 {
			m.facts[p.Version] = newFacts()
		}
	}
	if len(signers) > 0 {
		m.signers[p.Version] = signers
	}
	if f := m.facts[p.Version]; f != nil {
		f.owners = nil
	}
	changed := 0
	if c.Route {
		for _, member := range p.Members {
			if m.point(member.Type, p.Version) {
				changed++
			}
		}
	}
	if a, is := r.Answer.(*fsm.LoadAnswer); is {
		told := 0
		for _, rc := range a.Routes {
			if rc.Changed {
				told++
			}
		}
		if a.FreshlyLoaded != (resident == nil) || told != changed {
			return ok, fmt.Sprintf("freshly loaded %v with %d routes changed, want %v and %d", a.FreshlyLoaded, told, resident == nil, changed)
		}
	}
	return ok, ""
}

func (m *Model) route(c *fsm.RouteType, r *fsm.Result) (code, why string) {
	p := m.find(c.Type, c.Version)
	if p == nil {
		return "unknown_version", ""
	}
	if !m.expects(c.Type, c.Expect) {
		return "route_conflict", ""
	}
	if !m.steady(c.Type, p.Version) {
		return "canary_active", ""
	}
	return ok, m.rerouted(r, p.Version, m.point(c.Type, p.Version))
}

func (m *Model) rerouted(r *fsm.Result, v catalog.Version, changed bool) string {
	if a, is := r.Answer.(*fsm.RouteAnswer); is && (a.Change.Version != v || a.Change.Changed != changed) {
		return fmt.Sprintf("routed to %s (changed %v), want %s (%v)", a.Change.Version.Short(), a.Change.Changed, v.Short(), changed)
	}
	return ""
}

func (m *Model) unroute(c *fsm.UnrouteType) string {
	if !m.expects(c.Type, c.Expect) {
		return "route_conflict"
	}
	r := m.routes[c.Type]
	if r.now.IsZero() {
		return "unknown_workflow_type"
	}
	if !m.steady(c.Type, catalog.Version{}) {
		return "canary_active"
	}
	m.moved[r.now] = true
	m.left[c.Type] = r.now
	m.routes[c.Type] = route{before: r.now}
	return ok
}

func (m *Model) rollback(c *fsm.RollbackType, r *fsm.Result) (code, why string) {
	if !m.expects(c.Type, c.Expect) {
		return "route_conflict", ""
	}
	row, known := m.routes[c.Type]
	if !known && m.find(c.Type, "") == nil {
		return "unknown_workflow_type", ""
	}
	if row.now.IsZero() || row.before.IsZero() {
		return "route_conflict", ""
	}
	if m.loaded[row.before] == nil {
		return "version_unavailable", ""
	}
	if !m.steady(c.Type, row.before) {
		return "canary_active", ""
	}
	return ok, m.rerouted(r, row.before, m.point(c.Type, row.before))
}

func (m *Model) unload(c *fsm.UnloadVersion, r *fsm.Result) (code, why string) {
	p := m.find(c.Type, c.Version)
	if p == nil {
		return "unknown_version", ""
	}
	for _, member := range p.Members {
		if m.routes[member.Type].now == p.Version {
			return "route_active", ""
		}
	}
	if m.isLive(p) {
		return "canary_active", ""
	}
	if pins := m.pins(p.Version); pins.Total() > 0 {
		if refused, is := r.Refusal.(*fsm.VersionPinned); is {
			if refused.Counts != pins {
				return "version_pinned", fmt.Sprintf("counts %+v, want %+v", refused.Counts, pins)
			}
			for _, h := range refused.Holders {
				if holder := m.runs[h.RunID]; holder == nil || holder.pin() != h.Kind || holder.version != p.Version {
					return "version_pinned", fmt.Sprintf("names holder %+v, which is none", h)
				}
			}
		}
		return "version_pinned", ""
	}
	m.remove(p)
	return ok, ""
}

type pinCounts = rows.PinCounts

// pins recounts the open runs of a version.
func (m *Model) pins(v catalog.Version) (n pinCounts) {
	for _, id := range m.order {
		if r := m.runs[id]; r != nil && r.version == v {
			switch r.pin() {
			case rows.PinInFlightStart:
				n.InFlightStart++
			case rows.PinLiveRun:
				n.LiveRun++
			case rows.PinRecoverableRun:
				n.RecoverableRun++
			case rows.PinRecordedChild:
				n.RecordedChild++
			}
		}
	}
	return n
}
