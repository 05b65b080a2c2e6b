package catalog_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"aion.dev/aion/catalog"
)

// TestFindLikeAWalk: looking up a version by any prefix gives the same result as scanning all
// loaded packages, after any sequence of loads and unloads, and in a clone that is changed on its
// own.
func TestFindLikeAWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, loaded := catalog.New(), []catalog.Package(nil)
		var other *catalog.Catalog
		var others []catalog.Package
		version := func() (v catalog.Version) {
			// many share long prefixes, including odd numbers of digits; the lowest and highest
			// version are among them
			for i := range v {
				v[i] = rapid.SampledFrom([]byte{0, 0, 0, 0, 0, 0, 0xff, 0xff, 0x0f, 0xf0}).Draw(t, "byte")
			}
			return v
		}
		for i := range rapid.IntRange(1, 30).Draw(t, "changes") {
			if i == 10 {
				other, others = c.Clone(), slices.Clone(loaded)
			}
			if len(loaded) > 0 && rapid.IntRange(0, 3).Draw(t, "unload") == 0 {
				at := rapid.IntRange(0, len(loaded)-1).Draw(t, "which")
				if err := c.Remove(loaded[at].Version); err != nil {
					t.Fatal(err)
				}
				loaded = slices.Delete(loaded, at, at+1)
				continue
			}
			p := catalog.Package{Version: version(), ManifestDigest: catalog.Digest{1}, Blob: catalog.Digest{1}, LoadedIndex: uint64(i + 1)}
			for _, typ := range rapid.SampledFrom([][]string{{"a"}, {"b"}, {"b", "a"}}).Draw(t, "types") {
				p.Members = append(p.Members, catalog.Member{Type: typ, EntryModule: "m", EntryFunction: "run"})
			}
			if _, ok := c.Package(p.Version); !ok {
				c.Put(p)
				loaded = append(loaded, p)
			}
		}
		if other == nil {
			other, others = c.Clone(), slices.Clone(loaded)
		}
		for range 10 {
			ref := version().String()[:rapid.IntRange(catalog.MinRefDigits, 64).Draw(t, "digits")]
			for _, typ := range []string{"", "a", "b", "c"} {
				findsLikeAWalk(t, c, loaded, typ, ref)
				findsLikeAWalk(t, other, others, typ, ref)
			}
		}
		if err := errors.Join(c.Check(), other.Check()); err != nil {
			t.Fatal(err)
		}
	})
}

func findsLikeAWalk(t *rapid.T, c *catalog.Catalog, loaded []catalog.Package, typ, ref string) {
	var carry, match []catalog.Version
	for _, p := range loaded { // in the order of loading
		if _, ok := p.Member(typ); ok || typ == "" {
			carry = append(carry, p.Version)
			if strings.HasPrefix(p.Version.String(), ref) {
				match = append(match, p.Version)
			}
		}
	}
	got, err := c.Find(ref)
	if typ != "" {
		got, err = c.FindFor(typ, ref)
		if !slices.Equal(c.Carrying(typ), carry) {
			t.Fatalf("%q is carried by %v, want %v", typ, c.Carrying(typ), carry)
		}
	}
	var unknown *catalog.UnknownVersion
	var invalid *catalog.InvalidInput
	switch {
	case len(match) == 1 && (err != nil || got != match[0]):
		t.Fatalf("%q of %q: %v %v, want %v", ref, typ, got, err, match[0])
	case len(match) == 0 && (!errors.As(err, &unknown) || unknown.LoadedCount != len(carry) || len(carry) > 0 && unknown.Loaded[0] != carry[len(carry)-1]):
		t.Fatalf("%q of %q: %v %v, want it unknown beside %d", ref, typ, got, err, len(carry))
	case len(match) > 1:
		var names []string
		for _, v := range match[:min(len(match), 5)] {
			names = append(names, v.Short())
		}
		if !errors.As(err, &invalid) || !strings.Contains(err.Error(), strings.Join(names, ", ")) {
			t.Fatalf("%q of %q: %v, want the names of %s in order", ref, typ, err, fmt.Sprint(names))
		}
	}
}
