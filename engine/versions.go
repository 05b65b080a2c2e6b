package engine

import (
	"cmp"
	"context"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// VersionRow is a row of the listing: there is one for each member of each loaded package.
type VersionRow struct {
	Package     *catalog.Package // shared: do not change it
	Member      catalog.Member
	RouteActive bool
	ReadyNodes  []string       // ids of the nodes that have compiled it
	Pins        rows.PinCounts // of the whole package
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
		return cmp.Or(cmp.Compare(a.Member.Type, b.Member.Type), cmp.Compare(a.Package.LoadedAt, b.Package.LoadedAt),
			slices.Compare(a.Package.Version[:], b.Package.Version[:]))
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
		for _, m := range p.Members {
			if typ != "" && m.Type != typ {
				continue
			}
			route, _, _, routed := c.Resolve(m.Type)
			rows = append(rows, VersionRow{
				Package: p, Member: m, RouteActive: routed && route.Version == p.Version, ReadyNodes: ready[p.Version], Pins: pins,
			})
		}
	}
	return rows
}
