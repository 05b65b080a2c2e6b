package engine

import (
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// checkConditions rejects conditions that no run can meet, and writes values as runs store them.
func checkConditions(in []rows.Condition) ([]rows.Condition, error) {
	if len(in) > maxFilterAttributes {
		return nil, invalid("where", "has %d conditions, the limit is %d", len(in), maxFilterAttributes)
	}
	all := slices.Clone(in)
	for i := range all {
		if err := checkCondition(&all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func checkCondition(c *rows.Condition) (err error) {
	switch c.Field {
	case rows.OfType:
		if c.Op == rows.Prefix {
			return checkCharacters("where", c.Text)
		}
		return checkType("where", c.Text)
	case rows.OfParent:
		if err := history.CheckWorkflowID(namespace.Bare(c.Text)); err != nil {
			return invalid("where", "has a parent: %v", err)
		}
	case rows.OfStarted, rows.OfClosed:
		if c.At < 0 {
			return invalid("where", "has a time before 1970")
		}
	case rows.OfAttribute:
		if err := history.CheckAttributeName(c.Name); err != nil {
			return invalid("where", "has an %v", err)
		}
		if c.Op == rows.Prefix {
			if len(c.Text) > history.MaxAttributeBytes {
				return invalid("where", "has a beginning of %d bytes of %s, the limit is %d", len(c.Text), catalog.Quote(c.Name), history.MaxAttributeBytes)
			}
			return nil
		}
		if c.Value, err = history.CanonicalAttribute(c.Value); err != nil {
			return invalid("where", "has a value of %s that %v", catalog.Quote(c.Name), err)
		}
		if string(c.Value) == "null" {
			return invalid("where", "compares %s with null: no run has that", catalog.Quote(c.Name))
		}
		if _, ordered := rows.CompareValues(c.Value, c.Value); c.Op != rows.Equal && c.Op != rows.Not && !ordered {
			return invalid("where", "asks what is above or below a list: lists have no order")
		}
	}
	return nil
}

// resolveConditions finds the versions that conditions name.
func resolveConditions(v fsm.View, all []rows.Condition) error {
	for i := range all {
		c := &all[i]
		if c.Field != rows.OfVersion || c.Text == "" {
			continue
		}
		full, err := versionOf(v, c.Text)
		if err != nil {
			return inField("where", err)
		}
		c.Version, c.Text = full, ""
	}
	return nil
}

// checkSort rejects an order that cannot be: its index is not there yet, or no attribute is so
// called.
func checkSort(v fsm.View, by rows.Sort) error {
	if by.Field != rows.OfAttribute {
		return nil
	}
	if err := history.CheckAttributeName(by.Name); err != nil {
		return invalid("sort", "has an %v", err)
	}
	if v.OrderWaits() {
		return &Unavailable{Why: "the index of attributes in the order of their values is not complete yet: not all nodes run this release, or the runs from before are still being taken into it"}
	}
	return nil
}
