package catalog

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// index finds packages without scanning all of them: ten thousand may be loaded, and one log entry
// may look up a thousand. It is derived from the packages alone.
type index struct {
	loaded   []*Package            // in the order in which they were loaded
	sorted   []Version             // ascending, so their hex digits ascend too
	carrying map[string][]*Package // the packages that carry a type, in the order in which they were loaded
	spaces   map[string][]*Package // likewise, by namespace; nothing while all are of default
	own      map[string]bool       // types whose list in carrying is not shared with another Catalog
}

func newIndex() index {
	return index{carrying: map[string][]*Package{}, own: map[string]bool{}}
}

// clone returns an index that may be changed. It copies the lists of types only when they change.
func (x *index) clone() index {
	return index{slices.Clone(x.loaded), slices.Clone(x.sorted), maps.Clone(x.carrying), maps.Clone(x.spaces), map[string]bool{}}
}

func (x *index) add(p *Package) {
	x.addTo(p.Space(), p)
	x.loaded = insert(x.loaded, p, byLoading)
	x.sorted = insert(x.sorted, p.Version, compareVersions)
	for _, m := range p.Members {
		x.carrying[m.Type] = insert(x.listOf(m.Type), p, byLoading)
	}
}

func (x *index) remove(p *Package) {
	x.loaded = remove(x.loaded, p, byLoading)
	x.removeFrom(p.Space(), p)
	x.sorted = remove(x.sorted, p.Version, compareVersions)
	for _, m := range p.Members {
		if left := remove(x.listOf(m.Type), p, byLoading); len(left) > 0 {
			x.carrying[m.Type] = left
		} else {
			delete(x.carrying, m.Type)
		}
	}
}

// listOf returns the packages that carry typ, in a list that may be changed.
func (x *index) listOf(typ string) []*Package {
	if !x.own[typ] {
		x.own[typ] = true
		return slices.Clone(x.carrying[typ])
	}
	return x.carrying[typ]
}

// starting lists the versions that start with ref, ascending; none if ref is not hex.
func (x *index) starting(ref string) []Version {
	var first Version
	digits := ref + strings.Repeat("0", len(ref)%2)
	if len(digits) > 2*len(first) {
		return nil
	}
	if _, err := hex.Decode(first[:], []byte(digits)); err != nil {
		return nil
	}
	at, _ := slices.BinarySearchFunc(x.sorted, first, compareVersions)
	end := at
	for end < len(x.sorted) && strings.HasPrefix(x.sorted[end].String(), ref) {
		end++
	}
	return x.sorted[at:end]
}

// check returns an error if x is not the index of packages.
func (x *index) check(packages map[Version]*Package) error {
	want := newIndex()
	for _, p := range packages {
		want.add(p)
	}
	if !slices.Equal(x.loaded, want.loaded) || !slices.Equal(x.sorted, want.sorted) || !maps.EqualFunc(x.carrying, want.carrying, slices.Equal) ||
		len(want.spaces) > 0 && !maps.EqualFunc(x.spaces, want.spaces, slices.Equal) {
		return fmt.Errorf("the index of packages has %d packages and %d types, not the %d and %d that are loaded, or others", len(x.loaded), len(x.carrying), len(want.loaded), len(want.carrying))
	}
	return nil
}

// newest lists the versions of the last packages of a list, newest first: as many as a refusal may
// name.
func newest(list []*Package) (found []Version) {
	for _, p := range slices.Backward(list[max(0, len(list)-maxNamed):]) {
		found = append(found, p.Version)
	}
	return found
}

func insert[T any](list []T, v T, compare func(a, b T) int) []T {
	at, _ := slices.BinarySearchFunc(list, v, compare)
	return slices.Insert(list, at, v)
}

func remove[T any](list []T, v T, compare func(a, b T) int) []T {
	at, found := slices.BinarySearchFunc(list, v, compare)
	if !found {
		return list
	}
	return slices.Delete(list, at, at+1)
}
