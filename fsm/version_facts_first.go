package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// firstFacts writes the facts of what was loaded before level 1. Nobody noted then which versions
// were routed once; what the routes and the deploy history tell counts, and a version of which they
// tell nothing is staged. Nothing is announced: what is drained now was so before.
//
// A version that something pins now is looked at again at the end of the entry, where settle would
// pass over one that the entry has loaded. Builds whose newest level is below 7 did pass over it.
func (t *step) firstFacts(level uint64) {
	routed := t.everRouted()
	for _, p := range t.s.catalog.Packages() {
		f := &rows.VersionFacts{Members: make([]rows.MemberFacts, len(p.Members))}
		for i, m := range p.Members {
			f.Members[i].Routed = routed[routedOnce{m.Type, p.Version}]
		}
		switch free := t.pinned(p.Version) == (rows.PinCounts{}); {
		case !f.Used() || t.live(p):
		case free:
			f.Drained, f.DrainedAt = t.index, t.now
		case level >= 7:
			t.moves.add(p.Version)
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
