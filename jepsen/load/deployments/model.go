package deployments

import "fmt"

// state is a pair, derived from the API's promises alone: both of its types are always alike.
type state struct {
	loaded uint8 // bit g: generation g of both types is loaded
	routed int8  // generation that both are routed to; -1 = none
}

func empty() state { return state{routed: -1} }

// apply executes an operation, and returns the code of its refusal.
func (s state) apply(f string, ask arguments) (after state, code string) {
	if ask.Expect != nil && int8(*ask.Expect) != s.routed {
		return s, "route_conflict"
	}
	has := s.loaded&(1<<ask.Generation) != 0
	switch {
	case f == "deploy" && ask.Poison:
		return s, "unknown_version"
	case f == "deploy":
		return state{s.loaded | 1<<ask.Generation, int8(ask.Generation)}, ""
	case !has:
		return s, "unknown_version"
	case f == "swap":
		return state{s.loaded, int8(ask.Generation)}, ""
	case s.routed == int8(ask.Generation):
		return s, "route_active"
	}
	return state{s.loaded &^ (1 << ask.Generation), s.routed}, ""
}

func (s state) String() string { return fmt.Sprintf("loaded %03b, routed %d", s.loaded, s.routed) }

// whole returns the state that a look shows, if both types are alike.
func (s seen) whole() (state, bool) {
	return state{s.Loaded[0], int8(s.Routed[0])}, s.Loaded[0] == s.Loaded[1] && s.Routed[0] == s.Routed[1]
}
