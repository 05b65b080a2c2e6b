package catalog

import (
	"fmt"
	"slices"
	"strings"

	"aion.dev/aion/jepsen/op"
)

// typeState is the state of one type, derived from the API's promises alone. Versions are numbers;
// -1 is none.
type typeState struct {
	loaded   uint8 // bit v: version v is loaded
	routed   int8
	previous int8 // where a rollback goes; for an unrouted type, the version that was routed
	known    bool // the type has had a route: a rollback of it is a conflict, not a typo
}

func newTypeState() typeState { return typeState{routed: -1, previous: -1} }

func (s typeState) has(v int8) bool { return v >= 0 && s.loaded&(1<<v) != 0 }

// expects reports whether a condition on the route holds.
func (s typeState) expects(expect string, versions []string) bool {
	switch expect {
	case "":
		return true
	case "none":
		return s.routed < 0
	}
	return s.routed >= 0 && versions[s.routed] == expect
}

// point routes to v. Routing to the current version changes nothing, and so keeps the rollback
// target. Routing an unrouted type again continues from what was routed before.
func (s typeState) point(v int8) typeState {
	if s.routed == v {
		return s
	}
	previous := s.routed
	if previous < 0 {
		previous = s.previous
	}
	if previous == v {
		previous = -1
	}
	s.routed, s.previous, s.known = v, previous, true
	return s
}

// apply executes an operation. It returns the state after it, the content of the answer, and the
// code of the refusal if it is refused.
func (s typeState) apply(f string, ask arguments, versions []string) (after typeState, saw view, code string) {
	name := func(v int8) string {
		if v < 0 {
			return ""
		}
		return versions[v]
	}
	v := int8(ask.Version)
	switch f {
	case "load":
		if !ask.NoRoute && !s.expects(ask.Expect, versions) {
			return s, saw, "route_conflict"
		}
		after = s
		after.loaded |= 1 << v
		saw = view{Version: name(v), Fresh: !s.has(v)}
		if !ask.NoRoute {
			after = after.point(v)
			if saw.Changed = s.routed != v; saw.Changed {
				saw.Previous = name(after.previous)
			}
		}
		return after, saw, ""
	case "route":
		if !s.has(v) {
			return s, saw, "unknown_version"
		}
		if !s.expects(ask.Expect, versions) {
			return s, saw, "route_conflict"
		}
		after = s.point(v)
		return after, view{Version: name(v), Previous: name(after.previous), Changed: after != s}, ""
	case "unroute":
		if !s.expects(ask.Expect, versions) {
			return s, saw, "route_conflict"
		}
		if s.routed < 0 {
			return s, saw, "unknown_workflow_type"
		}
		after = s
		after.previous, after.routed = s.routed, -1
		return after, view{Previous: name(s.routed), Changed: true}, ""
	case "rollback":
		switch {
		case !s.expects(ask.Expect, versions):
			return s, saw, "route_conflict"
		case !s.known && s.loaded == 0:
			return s, saw, "unknown_workflow_type"
		case s.routed < 0 || s.previous < 0:
			return s, saw, "route_conflict"
		case !s.has(s.previous):
			return s, saw, "version_unavailable"
		}
		after = s.point(s.previous)
		return after, view{Version: name(after.routed), Previous: name(after.previous), Changed: true}, ""
	case "unload":
		switch {
		case !s.has(v):
			return s, saw, "unknown_version"
		case s.routed == v:
			return s, saw, "route_active"
		}
		after = s
		after.loaded &^= 1 << v
		return after, view{Version: name(v)}, ""
	case "list":
		saw = view{Routed: name(s.routed)}
		for v := range versions {
			if s.has(int8(v)) {
				saw.Loaded = append(saw.Loaded, versions[v])
			}
		}
		return s, saw, ""
	}
	panic("load: no such operation of the catalog: " + f)
}

// agrees reports whether an answer is the model's. The model does not know the order of listings.
func (saw view) agrees(f string, other view) bool {
	if f == "list" {
		return saw.Routed == other.Routed && slices.Equal(slices.Sorted(slices.Values(saw.Loaded)), slices.Sorted(slices.Values(other.Loaded)))
	}
	return saw.Version == other.Version && saw.Previous == other.Previous && saw.Fresh == other.Fresh && saw.Changed == other.Changed
}

// String formats the state for people.
func (s typeState) String() string {
	var loaded []string
	for v := range int8(versionsOfType) {
		if s.has(v) {
			loaded = append(loaded, fmt.Sprint("v", v))
		}
	}
	return fmt.Sprintf("{%s} routed v%d before v%d", strings.Join(loaded, " "), s.routed, s.previous)
}

// describe formats an operation for people.
func describe(o *op.Op, versions []string) string {
	text := string(o.Value)
	for v, digits := range versions {
		text = strings.ReplaceAll(text, digits, fmt.Sprint("v", v))
	}
	answer := string(o.Answer) + o.Code
	for v, digits := range versions {
		answer = strings.ReplaceAll(answer, digits, fmt.Sprint("v", v))
	}
	return o.F + " " + text + " -> " + string(o.Outcome) + " " + answer
}
