package catalog

// CheckUnload returns the package that unloading typ at ref would remove, whole, or why the catalog
// is against it: *InvalidInput, *UnknownVersion, *RouteActive. Whether anything pins the version is
// for the caller to check between this and Remove.
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

// Remove takes the version, with all its members, out of the catalog. It refuses, as
// *UnknownVersion or *RouteActive, what CheckUnload refuses.
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

// unrouted refuses with *RouteActive if a route points at v.
func (c *Catalog) unrouted(v Version) error {
	types := c.RoutesTo(v)
	if len(types) == 0 {
		return nil
	}
	return &RouteActive{Version: v, Types: firstOf(types), TypeCount: len(types)}
}
