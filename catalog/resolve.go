package catalog

import "slices"

// Resolve returns what a run of typ started now would run: the route, the package it points at, and
// the member for that type. It returns false if typ has no route; UnknownType is the refusal for
// that.
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

// RoutesTo lists the workflow types whose routes point at v, sorted. v carries them all.
func (c *Catalog) RoutesTo(v Version) []string {
	p, ok := c.packages[v]
	if !ok {
		return nil
	}
	var types []string
	for _, m := range p.Members {
		if c.routes[m.Type].Version == v {
			types = append(types, m.Type)
		}
	}
	slices.Sort(types)
	return types
}

// Carrying lists the loaded versions that carry typ, in the order in which they were loaded.
func (c *Catalog) Carrying(typ string) []Version {
	list := make([]Version, 0, len(c.index.carrying[typ]))
	for _, p := range c.index.carrying[typ] {
		list = append(list, p.Version)
	}
	return list
}

// Routed returns the version that typ is routed to; zero = none.
func (c *Catalog) Routed(typ string) Version { return c.routes[typ].Version }

// LoadedSince counts the packages that carry typ and were loaded after p, which carries it, too.
func (c *Catalog) LoadedSince(p *Package, typ string) int {
	list := c.index.carrying[typ]
	at, _ := slices.BinarySearchFunc(list, p, byLoading)
	return max(len(list)-at-1, 0)
}
