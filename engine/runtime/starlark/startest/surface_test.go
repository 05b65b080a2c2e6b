package startest

import (
	"slices"
	"testing"

	"aion.dev/aion/engine/runtime/starlark/surface"
)

// What package surface says tests can call is what there is.
func TestSurface(t *testing.T) {
	for class, names := range map[string][]string{"Test": testNames, "Run": runNames} {
		got := slices.Sorted(slices.Values(surface.Classes[class].Names()))
		if want := slices.Sorted(slices.Values(names)); !slices.Equal(got, want) {
			t.Errorf("%s: surface has %q, tests have %q", class, got, want)
		}
	}
}
