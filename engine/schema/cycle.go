package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// cycle finds a chain of subschemas that apply each other to one and the same value, without end:
// no value can be checked against them. It names the first one; "" = there is none. What a
// $dynamicRef means depends on the value's way there, so the check itself meets those.
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
		for _, next := range inPlace(s) {
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

// inPlace lists what s applies to the value that it is applied to itself.
func inPlace(s *jsonschema.Schema) []*jsonschema.Schema {
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
