package main

import (
	"fmt"

	"aion.dev/aion/transport/wire"
)

// stateOf says what a version is to its type, since when, and what becomes of it.
func stateOf(v *wire.Version) string {
	if v.State == "" {
		return ""
	}
	said := v.State
	if v.StateAt != nil {
		said += fmt.Sprintf(" since %s, index %d", moment(*v.StateAt), v.StateIndex)
	}
	if v.DrainedIndex != 0 && v.State != "drained" {
		said += fmt.Sprintf("; nothing pins it since index %d", v.DrainedIndex)
	}
	if v.Ephemeral {
		said += "; ephemeral: it goes with the last run on it"
	}
	if a := v.UnloadWhenDrained; a != nil {
		said += "; unloaded once it is drained"
		if a.Actor != "" {
			said += ", as " + a.Actor + " asked"
		}
	}
	return said
}

func oldestPin(v *wire.Version) string {
	h := v.OldestPin
	if h == nil {
		return ""
	}
	return fmt.Sprintf("%s (%s) since %s", h.WorkflowID, h.Kind, moment(h.Since))
}
