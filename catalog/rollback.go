package catalog

// Rollback routes typ to the version that was routed before the current one; doing it twice returns. The condition is that of Route.
// Refusals: *UnknownWorkflowType as for Unroute; *RouteConflict if expect does not hold, typ is unrouted, or nothing was routed before;
// *VersionUnavailable if that version has been unloaded.
func (c *Catalog) Rollback(typ, expect string, index uint64) (RouteChange, error) {
	if err := c.known(typ); err != nil {
		return RouteChange{}, err
	}
	if err := c.expect(typ, expect); err != nil {
		return RouteChange{}, err
	}
	row := c.routes[typ]
	if row.Version.IsZero() || row.Previous.IsZero() {
		return RouteChange{}, &RouteConflict{Type: typ, Current: row.Version, NoPrevious: true}
	}
	if _, ok := c.packages[row.Previous]; !ok {
		return RouteChange{}, &VersionUnavailable{Type: typ, Version: row.Previous}
	}
	return c.point(typ, row.Previous, index), nil
}
