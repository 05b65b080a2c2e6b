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

// unrouted returns *RouteActive if a route points at v.
func (c *Catalog) unrouted(v Version) error {
	types := c.RoutesTo(v)
	if len(types) == 0 {
		return nil
	}
	return &RouteActive{Version: v, Types: firstOf(types), TypeCount: len(types)}
}
