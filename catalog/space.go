package catalog

import (
	"cmp"
	"maps"
	"slices"

	"aion.dev/aion/internal/namespace"
)

// Packages of several namespaces are in one Catalog, under versions and types of their namespace.
// What lists packages or routes, or finds a version that no type comes with, is of one namespace
// when the Catalog is.

// In returns c as one namespace sees it. It is to be read, or cloned.
func (c *Catalog) In(space string) *Catalog {
	in := c.Clone()
	in.space = &space
	return in
}

// Spaces reports whether packages of other namespaces than default are loaded.
func (c *Catalog) Spaces() bool { return len(c.index.spaces) > 0 }

// listed are the packages that lists show, in the order in which they were loaded.
func (c *Catalog) listed() []*Package {
	switch {
	case c.space == nil:
		return c.index.loaded
	case len(c.index.spaces) == 0 && *c.space == "":
		return c.index.loaded
	}
	return c.index.spaces[*c.space]
}

func (c *Catalog) shows(p *Package) bool { return c.space == nil || p.Space() == *c.space }

// routesOf are the routes in force of the types that packages carry, sorted by type: a type
// that is routed is one of a loaded package.
func (c *Catalog) routesOf(packages []*Package) (routes []Route) {
	seen := map[string]bool{}
	for _, p := range packages {
		for _, m := range p.Members {
			if r := c.routes[m.Type]; !r.Version.IsZero() && !seen[m.Type] {
				seen[m.Type] = true
				routes = append(routes, r)
			}
		}
	}
	slices.SortFunc(routes, func(a, b Route) int { return cmp.Compare(a.Type, b.Type) })
	return routes
}

// addTo and removeFrom keep the lists by namespace. Lists are shared with other Catalogs, so they
// are copied. The list of default is made with the first package of another namespace.
func (x *index) addTo(space string, p *Package) {
	if len(x.spaces) == 0 {
		if space == "" {
			return
		}
		x.spaces = map[string][]*Package{}
		if len(x.loaded) > 0 {
			x.spaces[""] = slices.Clone(x.loaded)
		}
	}
	x.spaces[space] = insert(slices.Clone(x.spaces[space]), p, byLoading)
}

func (x *index) removeFrom(space string, p *Package) {
	if len(x.spaces) == 0 {
		return
	}
	if left := remove(slices.Clone(x.spaces[space]), p, byLoading); len(left) > 0 {
		x.spaces[space] = left
		return
	}
	if delete(x.spaces, space); len(x.spaces) == 1 && x.spaces[""] != nil {
		x.spaces = nil
	}
}

// ForgetRoutes drops what is remembered of the routes of a namespace without packages, and returns
// their types, sorted.
func (c *Catalog) ForgetRoutes(space string) (types []string) {
	for _, r := range c.Rows() {
		if namespace.Of(r.Type) == space {
			types = append(types, r.Type)
		}
	}
	if len(types) > 0 && c.sharedRoutes {
		c.routes, c.sharedRoutes = maps.Clone(c.routes), false
	}
	for _, typ := range types {
		delete(c.routes, typ)
	}
	return types
}
