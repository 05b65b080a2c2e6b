package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// RouteType points new starts of a type at a loaded version. Refused: unknown_version,
// invalid_input (an ambiguous or short prefix), route_conflict.
type RouteType struct {
	Type    string `cbor:"1,keyasint"`
	Version string `cbor:"2,keyasint"`           // full or a unique prefix of at least 6 digits; resolved by apply
	Expect  string `cbor:"3,keyasint,omitempty"` // version, prefix or "none"; empty = no condition
	Message string `cbor:"4,keyasint,omitempty"`
}

// UnrouteType removes a type's route: new starts are refused until another is set. Refused:
// route_conflict, unknown_workflow_type (there is no route).
type UnrouteType struct {
	Type    string `cbor:"1,keyasint"`
	Expect  string `cbor:"2,keyasint,omitempty"`
	Message string `cbor:"3,keyasint,omitempty"`
}

// RollbackType routes a type to the version that was routed before the current one. Refused:
// route_conflict (there was none), version_unavailable (it is unloaded).
type RollbackType struct {
	Type    string `cbor:"1,keyasint"`
	Expect  string `cbor:"2,keyasint,omitempty"`
	Message string `cbor:"3,keyasint,omitempty"`
}

// RouteAnswer says what became of a route.
type RouteAnswer struct {
	Change catalog.RouteChange `cbor:"1,keyasint"`
}

// Kind implements Command.
func (*RouteType) Kind() Kind    { return KindRouteType }
func (*UnrouteType) Kind() Kind  { return KindUnrouteType }
func (*RollbackType) Kind() Kind { return KindRollbackType }
func (*RouteAnswer) answer()     {}

func (c *RouteType) apply(t *step) (Answer, Refusal) {
	this := deploy{opRoute, []string{c.Type}, t.named(c.Type, c.Version), c.Version, c.Message}
	return t.reroute(this, func(cat *catalog.Catalog) (catalog.RouteChange, error) {
		return cat.Route(c.Type, c.Version, c.Expect, t.index)
	})
}

func (c *UnrouteType) apply(t *step) (Answer, Refusal) {
	this := deploy{operation: opUnroute, types: []string{c.Type}, message: c.Message}
	return t.reroute(this, func(cat *catalog.Catalog) (catalog.RouteChange, error) { return cat.Unroute(c.Type, c.Expect, t.index) })
}

func (c *RollbackType) apply(t *step) (Answer, Refusal) {
	this := deploy{operation: opRollback, types: []string{c.Type}, message: c.Message}
	return t.reroute(this, func(cat *catalog.Catalog) (catalog.RouteChange, error) {
		return cat.Rollback(c.Type, c.Expect, t.index)
	})
}

// reroute carries out an operation on one route, with its record and its event.
func (t *step) reroute(d deploy, change func(*catalog.Catalog) (catalog.RouteChange, error)) (Answer, Refusal) {
	if len(d.message) > maxText {
		return nil, t.refuse(d, tooLong("message", len(d.message)))
	}
	rc, err := change(t.s.catalog)
	if err != nil {
		return nil, t.refuse(d, err)
	}
	r := rows.DeployRecord{Operation: d.operation, Type: rc.Type, Version: rc.Version, Outcome: OutcomeOK, Message: d.message}
	if rc.Changed {
		r.Previous = rc.Previous
	}
	t.record(r)
	t.rerouted(rc)
	return &RouteAnswer{Change: rc}, nil
}

// rerouted stores and announces a route that changed.
func (t *step) rerouted(rc catalog.RouteChange) {
	if rc.Changed {
		t.Put(rows.TextKey(rows.FamilyRoute, rc.Type), rows.Encoded(rc.Row()))
		t.announce(feedRouteChanged, routeChanged{rc.Type, rc.Version, rc.Previous})
		t.left(rc.Type, rc.Previous)
		t.came(rc.Type, rc.Version)
	}
}
