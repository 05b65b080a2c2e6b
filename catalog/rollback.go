package catalog

// Rollback routes typ to the version that was routed before the current one. A second rollback
// undoes the first. The condition is that of Route. Refusals: *RouteConflict if expect does not
// hold, typ is unrouted, or nothing was routed before; *VersionUnavailable if that version has been
// unloaded; *UnknownWorkflowType if typ never had a route and no loaded version carries it, which
// is most likely a typo.
func (c *Catalog) Rollback(typ, expect string, index uint64) (RouteChange, error) {
	if err := c.expect(typ, expect); err != nil {
		return RouteChange{}, err
	}
	row, known := c.routes[typ]
	if !known && len(c.index.carrying[typ]) == 0 {
		return RouteChange{}, c.UnknownType(typ)
	}
	if row.Version.IsZero() || row.Previous.IsZero() {
		return RouteChange{}, &RouteConflict{Type: typ, Current: row.Version, NoPrevious: true}
	}
	if _, ok := c.packages[row.Previous]; !ok {
		return RouteChange{}, &VersionUnavailable{Type: typ, Version: row.Previous}
	}
	if err := c.steady(typ, row.Previous); err != nil {
		return RouteChange{}, err
	}
	change := c.point(typ, row.Previous, index)
	return change, nil
}

// RollsBackTo reports whether Rollback, or the next route after an unroute, would name p as the
// version routed before.
func (c *Catalog) RollsBackTo(p *Package) bool {
	for _, m := range p.Members {
		if c.routes[m.Type].Previous == p.Version {
			return true
		}
	}
	return false
}
