package catalog

import "strings"

// Expect is a caller's condition on one route: it must point at a version that starts with Ref, or
// not exist if Ref is "none".
type Expect struct {
	Type string `cbor:"1,keyasint"`
	Ref  string `cbor:"2,keyasint"`
}

// None is the Ref of a condition that there is no route.
const None = "none"

// ParseExpect reads "TYPE=VERSION" or "TYPE=none", the form of the command line and of HTTP. It
// refuses anything else with *InvalidInput.
func ParseExpect(s string) (Expect, error) {
	typ, ref, ok := strings.Cut(s, "=")
	if !ok {
		return Expect{}, &InvalidInput{Field: "expect_route", Reason: clip(s) + " is not of the form TYPE=VERSION or TYPE=none"}
	}
	if reason := checkStored(typ); reason != "" {
		return Expect{}, &InvalidInput{Field: "expect_route", Reason: reason}
	}
	e := Expect{Type: typ, Ref: ref}
	return e, e.Validate()
}

// Validate returns *InvalidInput for a Ref that no route could ever match.
func (e Expect) Validate() error {
	if e.Ref == None {
		return nil
	}
	return checkRef("expect_route", e.Ref)
}

// CheckExpect returns *RouteConflict if a condition does not hold, *InvalidInput if it never can.
func (c *Catalog) CheckExpect(e Expect) error { return c.expect(e.Type, e.Ref) }

// expect returns *RouteConflict if the route of typ does not match ref; "" means no condition. A
// prefix shared by several loaded versions never matches: it could not distinguish the version that
// the caller saw from a later one.
func (c *Catalog) expect(typ, ref string) error {
	if ref == "" {
		return nil
	}
	if err := (Expect{Type: typ, Ref: ref}).Validate(); err != nil {
		return err
	}
	if found := c.matching(typ, ref); len(found) > 1 {
		return ambiguous("expect_route", ref, found)
	}
	current := c.routes[typ].Version
	if ref == None && current.IsZero() || ref != None && !current.IsZero() && strings.HasPrefix(current.String(), ref) {
		return nil
	}
	return &RouteConflict{Type: typ, Expected: ref, Current: current}
}
