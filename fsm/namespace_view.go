package fsm

import (
	"strings"

	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// span is a range of names: from first up to but without end; an empty end is that of all.
type span struct{ first, end string }

// spans are the ranges of names that the picture shows, in order.
func (p *picture) spans() []span {
	switch {
	case p.space == nil:
		return []span{{}}
	case *p.space == "":
		return []span{{"", namespace.First}, {namespace.Rest, ""}}
	}
	prefix := namespace.Prefix(*p.space)
	return []span{{prefix, prefix[:len(prefix)-1] + namespace.Rest}}
}

// shows reports whether a name is among them.
func (p *picture) shows(name string) bool {
	return p.space == nil || namespace.Of(name) == *p.space
}

// scanNames calls f with the rows after a name, of a family whose keys are names, of the names that
// the picture shows, until it returns false.
func (p *picture) scanNames(family byte, after string, f func(b []byte) bool) {
	goes := true
	for _, s := range p.spans() {
		if s.end != "" && strings.Compare(after, s.end) >= 0 {
			continue
		}
		first, end := rows.TextKey(family, s.first), rows.Key(family+1)
		if after != "" {
			first = rows.Later(first, append(rows.TextKey(family, after), 0))
		}
		if s.end != "" {
			end = rows.TextKey(family, s.end)
		}
		p.Scan(first, end, func(_, b []byte) bool {
			goes = f(b)
			return goes
		})
		if !goes {
			return
		}
	}
}

// shownCohorts are the cohorts of types that the picture shows.
func (p *picture) shownCohorts() (list []rows.Cohort) {
	if p.space == nil {
		return p.cohorts
	}
	at := func(name string) int {
		low, high := 0, len(p.cohorts)
		for low < high {
			if middle := (low + high) / 2; p.cohorts[middle].Type < name {
				low = middle + 1
			} else {
				high = middle
			}
		}
		return low
	}
	for _, s := range p.spans() {
		end := len(p.cohorts)
		if s.end != "" {
			end = at(s.end)
		}
		list = append(list, p.cohorts[at(s.first):end]...)
	}
	return list
}
