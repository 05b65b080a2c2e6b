package catalog

// Route says which version new runs of a type start on. A zero Version is a row that only
// remembers: the type is unrouted, and Previous is the version it was routed to.
type Route struct {
	Type     string  `cbor:"1,keyasint"`
	Version  Version `cbor:"2,keyasint"`
	Previous Version `cbor:"3,keyasint,omitempty"` // the version routed before, for rollback; zero = none
	Index    uint64  `cbor:"4,keyasint"`           // log index of the entry that set it
}

// RouteChange is what one operation did to one route. The state machine stores it in its answers.
type RouteChange struct {
	Type     string  `cbor:"1,keyasint"`
	Version  Version `cbor:"2,keyasint"`           // routed now; zero if the type is unrouted
	Previous Version `cbor:"3,keyasint"`           // routed before Version, and where Rollback would go; zero = none. Of an unroute: the version it took away
	Index    uint64  `cbor:"4,keyasint"`           // of the entry that set this row: an older one if nothing changed
	Changed  bool    `cbor:"5,keyasint,omitempty"` // false: the route was as asked already
	Removed  bool    `cbor:"6,keyasint,omitempty"` // the operation was an unroute
}

// Row is what to store when Changed, also when Removed: the row of an unrouted type remembers where
// it was routed, and a node that forgot it would disagree with the others at the next route.
func (rc RouteChange) Row() Route {
	return Route{Type: rc.Type, Version: rc.Version, Previous: rc.Previous, Index: rc.Index}
}

// Route points typ at the loaded version that ref names: a full version, or a prefix that is unique
// among the versions that carry typ. Pointing it where it points succeeds and changes nothing, so
// it never costs the rollback target. A condition (expect) is a prefix of the routed version or
// "none"; "" is no condition. Refusals: *InvalidInput, *UnknownVersion, *RouteConflict.
func (c *Catalog) Route(typ, ref, expect string, index uint64) (RouteChange, error) {
	v, err := c.FindFor(typ, ref)
	if err != nil {
		return RouteChange{}, err
	}
	if err := c.expect(typ, expect); err != nil {
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
	if previous.IsZero() { // unrouted: go on from what was routed before that
		previous = row.Previous
	}
	if previous == v { // routed again to what the unroute took away: nothing else was routed before it
		previous = Version{}
	}
	rc := RouteChange{Type: typ, Version: v, Previous: previous, Index: index, Changed: true}
	c.setRoute(rc.Row())
	return rc
}
