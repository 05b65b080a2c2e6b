package engine

import (
	"maps"
	"slices"

	"aion.dev/aion/fsm/history"
)

// checkAttributes rejects attributes that a caller may not set, and returns them in the form that
// listings compare. A new run has no attributes to remove, so null is not accepted here.
func checkAttributes(in history.Attributes) (history.Attributes, error) {
	if err := history.CheckAttributesSize(in); err != nil {
		return nil, invalid("attributes", "have %v", err)
	}
	if len(in) == 0 {
		return nil, nil
	}
	out := make(history.Attributes, len(in))
	for _, name := range slices.Sorted(maps.Keys(in)) { // so that the same mistake is named every time
		if err := history.CheckAttributeName(name); err != nil {
			return nil, invalid("attributes", "%v", err)
		}
		value, err := history.CanonicalAttribute(in[name])
		if err == nil && string(value) == "null" {
			return nil, invalid("attributes."+name, "is null")
		}
		if err != nil {
			return nil, invalid("attributes."+name, "%v", err)
		}
		out[name] = value
	}
	return out, nil
}

// checkAttributeNames rejects names that may not be recorded; see history.NameFlaw.
func checkAttributeNames(set history.Attributes) error {
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if err := checkCharacters("attributes", name); err != nil {
			return err
		}
	}
	return nil
}
