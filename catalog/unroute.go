package catalog

// Unroute removes the route of typ, so that a version that still carries a dropped type can be unloaded. Starting the type is refused from
// then on. What was routed is remembered: the next route has it as its previous version. Unrouting an unrouted type changes nothing.
// Refusals: *UnknownWorkflowType if no loaded version carries typ and it never had a route; *InvalidInput and *RouteConflict as for Route.
func (c *Catalog) Unroute(typ, expect string, index uint64) (RouteChange, error) {
	if err := c.known(typ); err != nil {
		return RouteChange{}, err
	}
	if err := c.expect(typ, expect); err != nil {
		return RouteChange{}, err
	}
	row := c.routes[typ]
	if row.Version.IsZero() {
		return RouteChange{Type: typ, Previous: row.Previous, Index: row.Index, Removed: true}, nil
	}
	rc := RouteChange{Type: typ, Previous: row.Version, Index: index, Changed: true, Removed: true}
	c.own()
	c.routes[typ] = rc.Row()
	return rc, nil
}

// known refuses with *UnknownWorkflowType a type that is neither carried nor was ever routed: most likely a typing mistake.
func (c *Catalog) known(typ string) error {
	if _, ok := c.routes[typ]; ok {
		return nil
	}
	if len(c.Carrying(typ)) > 0 {
		return nil
	}
	return c.UnknownType(typ)
}
