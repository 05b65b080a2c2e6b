package engine

import (
	"cmp"
	"context"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// VersionRow is a row of the listing: there is one for each member of each loaded package.
type VersionRow struct {
	Package     *catalog.Package // shared: do not change it
	Member      catalog.Member
	RouteActive bool
	ReadyNodes  []string       // ids of the nodes that have compiled it
	Pins        rows.PinCounts // of the whole package
	Facts       VersionFacts
	Stop        *rows.Stop // that holds runs of the type on this version; nil = none does
}

// VersionFacts is what a version is to a type, from level 1 of the state on.
type VersionFacts struct {
	rows.MemberFacts                   // State is 0 at level 0
	Drained          uint64            // index of the entry that drained the package; 0 = it is not
	DrainedAt        history.Time      //
	Asked            *rows.UnloadAsked // who wants it unloaded once it is drained
	Ephemeral        bool              // it goes in the entry after which nothing pins it
	Oldest           *fsm.PinHolder    // that has pinned it for the longest time; nil = nothing does
}

// factsOf returns the facts of a package's members.
func factsOf(v fsm.View, p *catalog.Package, pins rows.PinCounts) []VersionFacts {
	all := make([]VersionFacts, len(p.Members))
	f, known := v.VersionFacts(p.Version)
	_, ephemeral := v.Ephemeral(p.Version)
	var oldest *fsm.PinHolder
	if pins.Total() > 0 {
		oldest = oldestPin(v, p.Version)
	}
	for i := range all {
		all[i].Oldest, all[i].Ephemeral = oldest, ephemeral
		if known && i < len(f.Members) {
			all[i].MemberFacts, all[i].Drained, all[i].DrainedAt, all[i].Asked = f.Members[i], f.Drained, f.DrainedAt, f.Asked
		}
	}
	return all
}

// oldestPin returns the holder that has had its kind for the longest time: the first of each kind
// is its oldest.
func oldestPin(v fsm.View, version catalog.Version) (oldest *fsm.PinHolder) {
	for kind := rows.PinInFlightStart; kind <= rows.PinRecordedChild; kind++ {
		first, _ := v.PinHolders(version, 1, fsm.PinCursor(kind))
		if len(first) > 0 && (oldest == nil || first[0].Since < oldest.Since) {
			oldest = &first[0]
		}
	}
	return oldest
}

// Versions lists what is loaded, sorted by type, load time and version; typ "" means every type.
func (e *Engine) Versions(ctx context.Context, rd Read, typ string) ([]VersionRow, uint64, error) {
	if typ != "" {
		if err := checkType("type", typ); err != nil {
			return nil, 0, err
		}
	}
	var rows []VersionRow
	var index uint64
	err := e.read(ctx, rd, func(v fsm.View) {
		index = v.Index()
		rows = versionRows(v, typ)
	})
	slices.SortFunc(rows, func(a, b VersionRow) int {
		va, vb := a.Package.Content(), b.Package.Content()
		return cmp.Or(cmp.Compare(a.Member.Type, b.Member.Type), cmp.Compare(a.Package.LoadedAt, b.Package.LoadedAt),
			slices.Compare(va[:], vb[:]))
	})
	return rows, index, err
}

// versionRows returns the rows of a view, for one type or (typ "") for all.
func versionRows(v fsm.View, typ string) (rows []VersionRow) {
	ready := make(map[catalog.Version][]string)
	for _, r := range v.Readiness() {
		if r.Ready {
			ready[r.Version] = append(ready[r.Version], r.Node)
		}
	}
	c := v.Catalog()
	for _, p := range c.Packages() {
		pins := v.Pins(p.Version)
		facts := []VersionFacts(nil)
		for i, m := range p.Members {
			if typ != "" && m.Type != typ {
				continue
			}
			if facts == nil {
				facts = factsOf(v, p, pins)
			}
			route, _, _, routed := c.Resolve(m.Type)
			rows = append(rows, VersionRow{
				Stop: stopOf(v, m.Type, p.Version), Package: p, Member: m, RouteActive: routed && route.Version == p.Version, ReadyNodes: ready[p.Version], Pins: pins, Facts: facts[i],
			})
		}
	}
	return rows
}
