package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// firstFacts writes the facts of what was loaded before level 1. Nobody noted then which versions
// were routed once; what the routes and the deploy history tell counts, and a version of which they
// tell nothing is staged. Nothing is announced: what is drained now was so before.
func (t *step) firstFacts() {
	routed := t.everRouted()
	for _, p := range t.s.catalog.Packages() {
		f := &rows.VersionFacts{Members: make([]rows.MemberFacts, len(p.Members))}
		for i, m := range p.Members {
			f.Members[i].Routed = routed[routedOnce{m.Type, p.Version}]
		}
		if f.Used() && !t.live(p) && t.pinned(p.Version) == (rows.PinCounts{}) {
			f.Drained, f.DrainedAt = t.index, t.now
		}
		t.restate(p, f)
		t.s.facts[p.Version] = f
		t.storeFacts(p.Version, f)
	}
}

type routedOnce struct {
	typ     string
	version catalog.Version
}

// everRouted is which types were routed to which versions, as far as the state still knows: a
// version that a route left is the previous one of the act that moved it.
func (t *step) everRouted() map[routedOnce]bool {
	once := map[routedOnce]bool{}
	for _, r := range t.s.catalog.Rows() {
		once[routedOnce{r.Type, r.Version}] = true
		once[routedOnce{r.Type, r.Previous}] = true
	}
	for _, at := range t.s.windows[kindAct] {
		var d rows.DeployRecord
		if t.Read(rows.PlaceKey(rows.FamilyDeploy, at.Index, at.N), &d) && !d.Previous.IsZero() {
			once[routedOnce{d.Type, d.Previous}] = true
		}
	}
	return once
}
