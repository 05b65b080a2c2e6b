package catalog

// CheckUnload returns the whole package that unloading typ at ref would remove, or the catalog's
// refusal: *InvalidInput, *UnknownVersion, *RouteActive. The caller checks between CheckUnload and
// Remove whether anything pins the version.
func (c *Catalog) CheckUnload(typ, ref string) (*Package, error) {
	v, err := c.FindFor(typ, ref)
	if err != nil {
		return nil, err
	}
	if err := c.unrouted(v); err != nil {
		return nil, err
	}
	return c.packages[v], nil
}

// Remove removes the version, with all its members, from the catalog. It refuses what CheckUnload
// refuses, with *UnknownVersion or *RouteActive.
func (c *Catalog) Remove(v Version) error {
	p, ok := c.packages[v]
	if !ok {
		return c.unknownVersion("", v.String())
	}
	if err := c.unrouted(v); err != nil {
		return err
	}
	c.ownPackages()
	delete(c.packages, v)
	c.index.remove(p)
	return nil
}

// unrouted returns *RouteActive if a route points at v, and *CanaryActive if it is a canary.
func (c *Catalog) unrouted(v Version) error {
	if types := c.RoutesTo(v); len(types) > 0 {
		return &RouteActive{Version: v, Types: firstOf(types), TypeCount: len(types)}
	}
	if p := c.packages[v]; p != nil {
		if types := c.CanaryOf(p); len(types) > 0 {
			return &CanaryActive{Type: types[0], Version: v, Routed: c.routes[types[0]].Version}
		}
	}
	return nil
}
