package catalog

// Route names the version that new runs of a type start on. A zero Version means that the type is
// unrouted and Previous is the version it was routed to.
type Route struct {
	Type     string  `cbor:"1,keyasint"`
	Version  Version `cbor:"2,keyasint"`
	Previous Version `cbor:"3,keyasint,omitempty"` // the version routed before, for rollback; zero = none
	Index    uint64  `cbor:"4,keyasint"`           // log index of the entry that set this route
}

// RouteChange is the effect of one operation on one route. The state machine stores it in its
// answers.
type RouteChange struct {
	Type    string  `cbor:"1,keyasint"`
	Version Version `cbor:"2,keyasint"` // the version routed now; zero if the type is unrouted
	// the version routed before Version, to which Rollback would go; zero = none. For an unroute:
	// the version that was routed
	Previous Version `cbor:"3,keyasint"`
	// of the entry that set this row: an older one if nothing changed
	Index   uint64 `cbor:"4,keyasint"`
	Changed bool   `cbor:"5,keyasint,omitempty"` // false: the route already was as requested
	Removed bool   `cbor:"6,keyasint,omitempty"` // the operation was an unroute
}

// Row returns what to store when Changed, also when Removed. The row of an unrouted type keeps the
// version it was routed to; a node that forgot it would disagree with the others at the next route.
func (rc RouteChange) Row() Route {
	return Route{Type: rc.Type, Version: rc.Version, Previous: rc.Previous, Index: rc.Index}
}

// Route points typ at the loaded version that ref names: a full version, or a prefix that is unique
// among the versions that carry typ. Setting a route to its current version succeeds and changes
// nothing, so it does not lose the rollback target. A condition (expect) is a prefix of the routed
// version or "none"; "" means no condition. Refusals: *InvalidInput, *UnknownVersion,
// *RouteConflict.
func (c *Catalog) Route(typ, ref, expect string, index uint64) (RouteChange, error) {
	v, err := c.FindFor(typ, ref)
	if err != nil {
		return RouteChange{}, err
	}
	if err := c.expect(typ, expect); err != nil {
		return RouteChange{}, err
	}
	if err := c.steady(typ, v); err != nil {
		return RouteChange{}, err
	}
	return c.point(typ, v, index), nil
}

// point sets the route of typ to v, which is loaded and carries typ.
func (c *Catalog) point(typ string, v Version, index uint64) RouteChange {
	row := c.routes[typ]
	if row.Version == v {
		return RouteChange{Type: typ, Version: v, Previous: row.Previous, Index: row.Index}
	}
	previous := row.Version
	if previous.IsZero() { // unrouted: continue from the version routed before that
		previous = row.Previous
	}
	if previous == v { // routed again to the version of the unroute: nothing else was routed before it
		previous = Version{}
	}
	rc := RouteChange{Type: typ, Version: v, Previous: previous, Index: index, Changed: true}
	c.setRoute(rc.Row())
	return rc
}

// Promote ends the canary of typ and points its route at the canary's version.
func (c *Catalog) Promote(typ string, index uint64) RouteChange {
	canary := c.canaries[typ]
	c.DropCanary(typ)
	return c.point(typ, canary.Version, index)
}
