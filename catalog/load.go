package catalog

import "fmt"

// LoadChange is the effect of one Load.
type LoadChange struct {
	FreshlyLoaded bool          // false: the version was already loaded, and nothing was registered
	Package       Package       // the loaded package; store it if FreshlyLoaded
	Routes        []RouteChange // one per member, in order, if route was set; store the rows of those that Changed
}

// Load registers pkg, with LoadedIndex set to index, and, if route is set, points the routes of all
// its members at it. A version that is already loaded is not registered again and keeps its first
// blob, time and index; its routes are set all the same.
//
// Each expect names a member; all must hold, even if route is not set. Refusals: *InvalidPackage,
// *PackageTooLarge, *ManifestMismatch, *InvalidInput, *RouteConflict. A dry run is a Load on a
// Clone. The Catalog keeps pkg's slices and maps.
func (c *Catalog) Load(pkg Package, route bool, expect []Expect, index uint64) (LoadChange, error) {
	resident, err := c.CheckLoad(&pkg)
	if err != nil {
		return LoadChange{}, err
	}
	loaded := resident != nil
	if !loaded {
		pkg.LoadedIndex = index
		resident = &pkg
	}
	for _, e := range expect {
		if _, ok := resident.Member(e.Type); !ok {
			reason := fmt.Sprintf("names workflow type %s, which the package does not carry", Quote(e.Type))
			return LoadChange{}, &InvalidInput{Field: "expect_route", Reason: reason}
		}
		if err := c.expect(e.Type, e.Ref); err != nil {
			return LoadChange{}, err
		}
	}

	if route && len(c.canaries) > 0 {
		for _, m := range resident.Members {
			if err := c.steady(m.Type, pkg.Version); err != nil {
				return LoadChange{}, err
			}
		}
	}

	// Nothing below can fail, so all members change together.
	if !loaded {
		c.put(resident)
	}
	change := LoadChange{FreshlyLoaded: !loaded, Package: *resident}
	if !route {
		return change, nil
	}
	for _, m := range resident.Members {
		change.Routes = append(change.Routes, c.point(m.Type, pkg.Version, index))
	}
	return change, nil
}

// CheckLoad refuses what Load refuses of a package for its own sake, whatever is routed. It returns
// the resident package of that version; nil = none is.
func (c *Catalog) CheckLoad(pkg *Package) (resident *Package, err error) {
	if err := pkg.Validate(); err != nil {
		return nil, err
	}
	resident = c.packages[pkg.Version]
	if resident != nil && resident.ManifestDigest != pkg.ManifestDigest {
		return nil, &ManifestMismatch{Version: pkg.Version, Resident: resident.ManifestDigest, Offered: pkg.ManifestDigest}
	}
	return resident, nil
}
