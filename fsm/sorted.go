package fsm

import (
	"maps"
	"slices"
)

// sortedKeys returns the keys of m in order. Ranging over a map would make nodes disagree.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
