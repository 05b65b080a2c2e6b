package fsm

import (
	"strings"

	"aion.dev/aion/catalog"
)

// deploymentCommand reads a deployment: one change a line, as the command alone is written.
func (w *world) deploymentCommand(a words, input string) Command {
	c := &Deploy{Message: a.named["message"]}
	if typ, ref, ok := strings.Cut(a.named["expect"], ":"); ok {
		c.Expect = []catalog.Expect{{Type: typ, Ref: refOf(ref)}}
	}
	for line := range strings.Lines(input) {
		var change Change
		switch one := w.command(args(line), "").(type) {
		case *LoadPackage:
			change.Load = one
		case *RouteType:
			change.Route = one
		case *UnrouteType:
			change.Unroute = one
		case *UnloadVersion:
			change.Unload = one
		case *PutSchedule:
			change.Schedule = one
		}
		c.Changes = append(c.Changes, change)
	}
	return c
}

// answered is the answer of a change.
func (a *ChangeAnswer) answered() Answer {
	switch {
	case a.Load != nil:
		return a.Load
	case a.Route != nil:
		return a.Route
	case a.Unload != nil:
		return a.Unload
	}
	return a.Schedule
}
