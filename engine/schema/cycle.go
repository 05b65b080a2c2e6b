package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// cycle looks for a chain of subschemas that apply each other to the same value without end. No
// value can be checked against them. It returns the first subschema of the chain; "" = none. What a
// $dynamicRef refers to depends on how the check gets there, so only the check itself finds such
// cycles.
func cycle(all []*jsonschema.Schema) string {
	const under, over = 1, 2
	state := make(map[*jsonschema.Schema]int)
	var visit func(s *jsonschema.Schema) *jsonschema.Schema
	visit = func(s *jsonschema.Schema) *jsonschema.Schema {
		if s == nil || state[s] == over {
			return nil
		}
		if state[s] == under {
			return s
		}
		state[s] = under
		for _, next := range appliedInPlace(s) {
			if found := visit(next); found != nil {
				return found
			}
		}
		state[s] = over
		return nil
	}
	for _, s := range all {
		if found := visit(s); found != nil {
			_, at, _ := strings.Cut(found.Location, "#")
			return fmt.Sprintf("#%s refers to itself for the same value, without end", at)
		}
	}
	return ""
}

// appliedInPlace lists the schemas that s applies to the same value as itself.
func appliedInPlace(s *jsonschema.Schema) []*jsonschema.Schema {
	next := []*jsonschema.Schema{s.Ref, s.RecursiveRef, s.Not, s.If, s.Then, s.Else}
	next = slices.Concat(next, s.AllOf, s.AnyOf, s.OneOf)
	for _, name := range slices.Sorted(maps.Keys(s.DependentSchemas)) {
		next = append(next, s.DependentSchemas[name])
	}
	for _, name := range slices.Sorted(maps.Keys(s.Dependencies)) {
		if sub, ok := s.Dependencies[name].(*jsonschema.Schema); ok {
			next = append(next, sub)
		}
	}
	return next
}
