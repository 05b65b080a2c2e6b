package catalog

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Catalog is the set of loaded packages and the routes, as one value. After every operation it
// holds that:
//
//   - every routed version is loaded and carries the routed type,
//   - a type has at most one route,
//   - the members of a package are loaded together and unloaded together.
//
// An operation that returns an error has changed nothing. One goroutine owns a Catalog and mutates
// it; others read Clones.
type Catalog struct {
	packages map[Version]*Package
	index    index             // derived from packages
	canaries map[string]Canary // by type; never changed in place
	routes   map[string]Route  // including rows of unrouted types, with a zero Version: see Unroute

	space *string // the namespace that lists are of; nil = all

	// another Catalog also uses packages and index, or routes: copy before writing
	sharedPackages, sharedRoutes bool
}

// New returns an empty Catalog.
func New() *Catalog {
	return &Catalog{packages: map[Version]*Package{}, index: newIndex(), routes: map[string]Route{}}
}

// Clone returns a Catalog that later changes of c do not affect, in constant time: whichever of the
// two is changed first copies the maps. Publish a clone to readers after each change. Many
// goroutines may read a published clone, and clone it again (for a dry run, say).
func (c *Catalog) Clone() *Catalog {
	if !c.sharedPackages { // a published clone is already shared, so cloning it concurrently writes nothing
		c.sharedPackages = true
	}
	if !c.sharedRoutes {
		c.sharedRoutes = true
	}
	return &Catalog{packages: c.packages, index: c.index, routes: c.routes, canaries: c.canaries, space: c.space, sharedPackages: true, sharedRoutes: true}
}

// put adds a package, or replaces the one of its version.
func (c *Catalog) put(p *Package) {
	c.ownPackages()
	if old, ok := c.packages[p.Version]; ok {
		c.index.remove(old)
	}
	c.packages[p.Version] = p
	c.index.add(p)
}

// ownPackages makes packages and index exclusive to c. Every change of them calls it first.
func (c *Catalog) ownPackages() {
	if c.sharedPackages {
		c.packages, c.index, c.sharedPackages = maps.Clone(c.packages), c.index.clone(), false
	}
}

// setRoute stores a row, including rows of unrouted types.
func (c *Catalog) setRoute(r Route) {
	if c.sharedRoutes {
		c.routes, c.sharedRoutes = maps.Clone(c.routes), false
	}
	c.routes[r.Type] = r
}

// Put places a package read back from storage, without any check.
func (c *Catalog) Put(p Package) {
	c.put(&p)
}

// PutRoute places a route row read back from storage, without any check. Rows of unrouted types are
// included: see RouteChange.Row.
func (c *Catalog) PutRoute(r Route) {
	c.setRoute(r)
}

// Package returns the loaded package of that version.
func (c *Catalog) Package(v Version) (*Package, bool) {
	p, ok := c.packages[v]
	return p, ok
}

// Packages lists the loaded packages in the order in which they were loaded; those of one entry by
// version.
func (c *Catalog) Packages() []*Package {
	return slices.Clone(c.listed())
}

// Routes lists the routes in force, sorted by type.
func (c *Catalog) Routes() []Route {
	if c.space != nil {
		return c.routesOf(c.listed())
	}
	return slices.DeleteFunc(c.Rows(), func(r Route) bool { return r.Version.IsZero() })
}

// Rows lists what must be stored to rebuild the routes, sorted by type: the routes in force and the
// rows of unrouted types.
func (c *Catalog) Rows() []Route {
	return slices.SortedFunc(maps.Values(c.routes), func(a, b Route) int { return cmp.Compare(a.Type, b.Type) })
}

// Check returns an error if c violates its own invariants. That means a bug, or storage that was
// not written by this package.
func (c *Catalog) Check() error {
	for _, r := range c.Routes() {
		p, ok := c.packages[r.Version]
		if !ok {
			return fmt.Errorf("workflow type %q is routed to version %s, which is not loaded", r.Type, r.Version)
		}
		if _, ok := p.Member(r.Type); !ok {
			return fmt.Errorf("workflow type %q is routed to version %s, which does not carry it", r.Type, r.Version)
		}
	}
	for typ, canary := range c.canaries {
		p, ok := c.packages[canary.Version]
		if _, carries := p.memberOf(typ); !ok || !carries {
			return fmt.Errorf("the canary of workflow type %q is version %s, which is not loaded or does not carry it", typ, canary.Version)
		}
		if routed := c.routes[typ].Version; routed.IsZero() || routed == canary.Version {
			return fmt.Errorf("workflow type %q is routed to %q and has a canary of version %s", typ, routed, canary.Version)
		}
	}
	for _, r := range c.Rows() {
		if r.Version == r.Previous {
			return fmt.Errorf("the route of workflow type %q names %q as its own predecessor", r.Type, r.Previous)
		}
	}
	return c.index.check(c.packages)
}

func compareVersions(a, b Version) int { return bytes.Compare(a[:], b[:]) }

func byLoading(a, b *Package) int {
	return cmp.Or(cmp.Compare(a.LoadedIndex, b.LoadedIndex), bytes.Compare(a.Version[:], b.Version[:]))
}
