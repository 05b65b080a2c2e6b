package catalog

import (
	"fmt"
	"strings"
)

// RouteConflict: the route of Type does not match the caller's condition.
type RouteConflict struct {
	Type       string  `cbor:"1,keyasint"`
	Expected   string  `cbor:"2,keyasint,omitempty"` // the caller's condition: a prefix or "none"; "" if it had none
	Current    Version `cbor:"3,keyasint"`           // zero = no route
	NoPrevious bool    `cbor:"4,keyasint,omitempty"` // a rollback found no earlier version
}

func (e *RouteConflict) Error() string {
	switch {
	case e.NoPrevious && e.Current.IsZero():
		return fmt.Sprintf("workflow type %s has no route to roll back", Quote(e.Type))
	case e.NoPrevious:
		return fmt.Sprintf("workflow type %s is routed to %s, and no other version was routed before it", Quote(e.Type), e.Current.Short())
	case e.Current.IsZero():
		return fmt.Sprintf("workflow type %s has no route, expected %s", Quote(e.Type), e.Expected)
	case e.Expected == None:
		return fmt.Sprintf("workflow type %s is routed to %s, expected no route", Quote(e.Type), e.Current.Short())
	}
	return fmt.Sprintf("workflow type %s is routed to %s, expected %s", Quote(e.Type), e.Current.Short(), e.Expected)
}

func (e *RouteConflict) Code() string { return "route_conflict" }

func (e *RouteConflict) Facts() map[string]any {
	facts := map[string]any{"workflow_type": e.Type, "current": None}
	if !e.Current.IsZero() {
		facts["current"] = e.Current.String()
	}
	if e.Expected != "" {
		facts["expected"] = e.Expected
	}
	return facts
}

// RouteActive: routes point at Version, so it cannot be unloaded.
type RouteActive struct {
	Version   Version  `cbor:"1,keyasint"`
	Types     []string `cbor:"2,keyasint"` // the first 20, sorted
	TypeCount int      `cbor:"3,keyasint"`
}

func (e *RouteActive) Error() string {
	quoted := make([]string, len(e.Types))
	for i, t := range e.Types {
		quoted[i] = Quote(t)
	}
	noun := "workflow type"
	if e.TypeCount > 1 {
		noun = "workflow types"
	}
	return strings.Join([]string{"version", e.Version.Short(), "is routed for", noun, enumerate(quoted, e.TypeCount)}, " ")
}

func (e *RouteActive) Code() string { return "route_active" }

func (e *RouteActive) Facts() map[string]any {
	return map[string]any{"version": e.Version.String(), "workflow_types": e.Types, "workflow_type_count": e.TypeCount}
}

// CanaryActive: Type has a canary, so its route does not move, its canary's version is not
// unloaded, and no other canary begins.
type CanaryActive struct {
	Type    string  `cbor:"1,keyasint"`
	Version Version `cbor:"2,keyasint"` // of the canary
	Routed  Version `cbor:"3,keyasint"`
}

func (e *CanaryActive) Error() string {
	return fmt.Sprintf("workflow type %s is routed to %s and has a canary of version %s; promote or abort it first", Quote(e.Type), e.Routed.Short(), e.Version.Short())
}

func (e *CanaryActive) Code() string { return "canary_active" }

func (e *CanaryActive) Facts() map[string]any {
	return map[string]any{"workflow_type": e.Type, "version": e.Version.String(), "routed": e.Routed.String()}
}
