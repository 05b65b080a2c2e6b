package catalog

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
	if v.IsZero() {
		return nil
	}
	var types []string
	for _, r := range c.Rows() {
		if r.Version == v {
			types = append(types, r.Type)
		}
	}
	return types
}

// Carrying lists the loaded versions that carry typ, in the order in which they were loaded.
func (c *Catalog) Carrying(typ string) []Version {
	var versions []Version
	for _, p := range c.Packages() {
		if _, ok := p.Member(typ); ok {
			versions = append(versions, p.Version)
		}
	}
	return versions
}
