package catalog

// Unroute removes the route of typ, so that a version that still carries a dropped type can be
// unloaded. Later starts of the type are refused. The routed version is remembered: the next route
// has it as its previous version. Refusals: *InvalidInput and *RouteConflict as for Route,
// *UnknownWorkflowType if there is no route.
func (c *Catalog) Unroute(typ, expect string, index uint64) (RouteChange, error) {
	if err := c.expect(typ, expect); err != nil {
		return RouteChange{}, err
	}
	routed := c.routes[typ].Version
	if routed.IsZero() {
		return RouteChange{}, c.UnknownType(typ)
	}
	if err := c.steady(typ, Version{}); err != nil {
		return RouteChange{}, err
	}
	rc := RouteChange{Type: typ, Previous: routed, Index: index, Changed: true, Removed: true}
	c.setRoute(rc.Row())
	return rc, nil
}
