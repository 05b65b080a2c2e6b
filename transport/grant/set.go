package grant

import (
	"fmt"
	"slices"
	"strings"
)

// Set is what one caller may do: everything that one of its grants allows, and nothing else.
type Set struct {
	of     map[Kind]*Reach // by grants that hold in every namespace
	grants []Grant
	spaces bool // some grants are limited to namespaces
}

// Reach is how far a kind goes. A nil Reach goes nowhere.
type Reach struct {
	All    bool     // without limit
	Types  []string // prefixes, sorted
	Queues []string
}

// Of returns the set of grants.
func Of(grants ...Grant) Set {
	s := Set{of: map[Kind]*Reach{}, grants: grants}
	for _, g := range grants {
		if g.Space != nil {
			s.spaces = true
			continue
		}
		r := s.of[g.Kind]
		if r == nil {
			r = new(Reach)
			s.of[g.Kind] = r
		}
		switch {
		case g.Type != nil:
			r.Types = append(r.Types, *g.Type)
		case g.Queue != nil:
			r.Queues = append(r.Queues, *g.Queue)
		default:
			r.All = true
		}
	}
	for _, r := range s.of {
		slices.Sort(r.Types)
		slices.Sort(r.Queues)
	}
	return s
}

// All is the set of who may do everything.
func All() Set { return Of(Grant{Kind: Admin}) }

// ParseAll reads a list of grants.
func ParseAll(texts []string) (Set, error) {
	all := make([]Grant, len(texts))
	for i, text := range texts {
		var err error
		if all[i], err = Parse(text); err != nil {
			return Set{}, fmt.Errorf("grant %d: %w", i+1, err)
		}
	}
	return Of(all...), nil
}

// Known reads those of a list of grants that this build knows. A grant that it does not know allows
// nothing.
func Known(texts []string) Set {
	var all []Grant
	for _, text := range texts {
		if g, err := Parse(text); err == nil {
			all = append(all, g)
		}
	}
	return Of(all...)
}

// In returns the set as it is in a namespace, which default is one of.
func (s Set) In(space string) Set {
	if !s.spaces {
		return s
	}
	var here []Grant
	for _, g := range s.grants {
		if g.Space == nil || strings.HasPrefix(space, *g.Space) {
			g.Space = nil
			here = append(here, g)
		}
	}
	return Of(here...)
}

// Everywhere returns the set as it is for what is of no namespace: only grants that hold in every
// one count. With any, for what any grant of a kind reaches, the others count as limited ones.
func (s Set) Everywhere(any bool) Set {
	if !s.spaces || !any {
		return s
	}
	all := Of(s.grants...)
	for _, g := range s.grants {
		if g.Space != nil && all.of[g.Kind] == nil {
			all.of[g.Kind] = new(Reach)
		}
	}
	return all
}

// ReachesSpace reports whether a grant of a kind holds for a namespace, as far as that goes.
func (s Set) ReachesSpace(k Kind, space string) bool {
	prefixes := s.Spaces(k)
	return prefixes == nil || hasPrefix(space, prefixes)
}

// Spaces returns the prefixes of the namespaces in which a kind holds; nil = in all.
func (s Set) Spaces(k Kind) []string {
	prefixes := []string{}
	for _, g := range s.grants {
		switch {
		case g.Kind != k && g.Kind != Admin:
		case g.Space == nil:
			return nil
		default:
			prefixes = append(prefixes, *g.Space)
		}
	}
	return prefixes
}

// Of returns how far a kind goes.
func (s Set) Of(k Kind) *Reach {
	if r := s.of[Admin]; r != nil && r.All {
		return r
	}
	return s.of[k]
}

// Strings returns the grants, sorted.
func (s Set) Strings() (all []string) {
	for _, g := range s.grants {
		all = append(all, g.String())
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Whole reports whether there is no limit.
func (r *Reach) Whole() bool { return r != nil && r.All }

// Type reports whether a workflow type is within reach.
func (r *Reach) Type(typ string) bool {
	return r != nil && (r.All || hasPrefix(typ, r.Types))
}

// AllTypes reports whether all of several types are. None is within reach of a limited grant.
func (r *Reach) AllTypes(types []string) bool {
	for _, typ := range types {
		if !r.Type(typ) {
			return false
		}
	}
	return r.Whole() || len(types) > 0
}

// Queue reports whether a queue is within reach.
func (r *Reach) Queue(queue string) bool {
	return r != nil && (r.All || hasPrefix(queue, r.Queues))
}

func hasPrefix(text string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(text, p) {
			return true
		}
	}
	return false
}
