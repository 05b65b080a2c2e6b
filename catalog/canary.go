package catalog

import (
	"crypto/sha256"
	"encoding/binary"
)

// Canary sends a share of a type's new runs to another version than the routed one.
type Canary struct {
	Type    string
	Version Version
	Share   uint64 // of CanaryWhole
	Salt    uint64 // parts the lots of this canary from those of others
	Key     string // attribute whose value is drawn for; empty = the workflow id
}

// CanaryWhole is the share of all new runs.
const CanaryWhole = 10_000

// Lot returns what is drawn for: the value of the attribute key, or the workflow id if key is empty
// or there is no such attribute. It is asked only where there is a canary.
type Lot func(key string) string

// Takes reports whether c takes a new run. The same lot is always answered the same while the share
// stays, and what is taken stays taken when the share grows.
func (c Canary) Takes(lot Lot) bool {
	text := lot(c.Key) // also where it decides nothing: walking up to the root is charged
	if c.Share == 0 {
		return false
	}
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(text)), c.Salt)
	sum := sha256.Sum256(append(b, text...))
	return binary.BigEndian.Uint64(sum[:8])%CanaryWhole < c.Share
}

// ResolveFor is Resolve for a new run with that lot: the canary's version if it takes the run,
// otherwise the routed one.
func (c *Catalog) ResolveFor(typ string, lot Lot) (Version, *Package, *Member, bool) {
	route, p, m, ok := c.Resolve(typ)
	if !ok {
		return Version{}, nil, nil, false
	}
	if canary, there := c.canaries[typ]; there && canary.Takes(lot) {
		if other, loaded := c.packages[canary.Version]; loaded {
			if member, carries := other.Member(typ); carries {
				return canary.Version, other, member, true
			}
		}
	}
	return route.Version, p, m, true
}

// Canary returns the canary of a type.
func (c *Catalog) Canary(typ string) (Canary, bool) {
	canary, ok := c.canaries[typ]
	return canary, ok
}

// PutCanary begins or changes the canary of a type. The type is routed to another version, and the
// canary's version is loaded and carries it.
func (c *Catalog) PutCanary(canary Canary) {
	c.ownCanaries()
	c.canaries[canary.Type] = canary
}

// DropCanary ends the canary of a type.
func (c *Catalog) DropCanary(typ string) {
	c.ownCanaries()
	delete(c.canaries, typ)
}

func (c *Catalog) ownCanaries() {
	old := c.canaries
	c.canaries = make(map[string]Canary, len(old)+1) // few, and changed seldom: pictures share the old one
	for typ, canary := range old {
		c.canaries[typ] = canary
	}
}

// CanaryOf lists the types of p for which it is a canary, in the order of its members.
func (c *Catalog) CanaryOf(p *Package) (types []string) {
	if len(c.canaries) == 0 {
		return nil
	}
	for _, m := range p.Members {
		if canary, ok := c.canaries[m.Type]; ok && canary.Version == p.Version {
			types = append(types, m.Type)
		}
	}
	return types
}

// steady returns *CanaryActive if pointing the route of typ at v would move it while the type has a
// canary.
func (c *Catalog) steady(typ string, v Version) error {
	canary, ok := c.canaries[typ]
	if !ok || c.routes[typ].Version == v {
		return nil
	}
	return &CanaryActive{Type: typ, Version: canary.Version, Routed: c.routes[typ].Version}
}

// memberOf is Member of a package that may be nil.
func (p *Package) memberOf(typ string) (*Member, bool) {
	if p == nil {
		return nil, false
	}
	return p.Member(typ)
}
