package catalog

import "slices"

// Resolve returns what a run of typ that starts now runs: the route, the package it points at, and the member of that type. False means
// that typ is unrouted; UnknownType is the refusal to give then.
func (c *Catalog) Resolve(typ string) (Route, *Package, *Member, bool) {
	r := c.routes[typ]
	p, ok := c.packages[r.Version]
	if !ok {
		return Route{}, nil, nil, false
	}
	m, ok := p.Member(typ)
	if !ok {
		return Route{}, nil, nil, false
	}
	return r, p, m, true
}

// RoutesTo lists the workflow types whose routes point at v, sorted.
func (c *Catalog) RoutesTo(v Version) []string {
	var types []string
	for typ, r := range c.routes {
		if r.Version == v && !v.IsZero() {
			types = append(types, typ)
		}
	}
	slices.Sort(types)
	return types
}

// Carrying lists the loaded versions that carry typ, in the order in which they were loaded.
func (c *Catalog) Carrying(typ string) []Version {
	return versions(c.packages, func(p *Package) bool {
		_, ok := p.Member(typ)
		return ok
	})
}

// versions lists those of packages that keep accepts, in the order in which they were loaded.
func versions(packages map[Version]*Package, keep func(*Package) bool) []Version {
	var kept []*Package
	for _, p := range packages {
		if keep(p) {
			kept = append(kept, p)
		}
	}
	slices.SortFunc(kept, byLoading)
	list := make([]Version, len(kept))
	for i, p := range kept {
		list[i] = p.Version
	}
	return list
}
