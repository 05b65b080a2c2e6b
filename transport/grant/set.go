package grant

import (
	"fmt"
	"slices"
	"strings"
)

// Set is what one caller may do: everything that one of its grants allows, and nothing else.
type Set struct {
	of map[Kind]*Reach
}

// Reach is how far a kind goes. A nil Reach goes nowhere.
type Reach struct {
	All    bool     // without limit
	Types  []string // prefixes, sorted
	Queues []string
}

// Of returns the set of grants.
func Of(grants ...Grant) Set {
	s := Set{map[Kind]*Reach{}}
	for _, g := range grants {
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

// Of returns how far a kind goes.
func (s Set) Of(k Kind) *Reach {
	if r := s.of[Admin]; r != nil && r.All {
		return r
	}
	return s.of[k]
}

// Strings returns the grants, sorted.
func (s Set) Strings() (all []string) {
	for k, r := range s.of {
		if r.All {
			all = append(all, string(k))
		}
		for _, p := range r.Types {
			all = append(all, Grant{Kind: k, Type: &p}.String())
		}
		for _, p := range r.Queues {
			all = append(all, Grant{Kind: k, Queue: &p}.String())
		}
	}
	slices.Sort(all)
	return all
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
