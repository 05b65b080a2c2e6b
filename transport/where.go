package transport

import (
	"encoding/json"
	"slices"
	"strings"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/wire"
)

// runField is a field of runs that conditions may name, and the operators that it takes.
type runField struct {
	field rows.Field
	ops   []string
}

var (
	byTime    = []string{">", ">=", "<", "<="}
	runFields = map[string]runField{
		"type":    {rows.OfType, []string{"=", "!=", "^="}},
		"status":  {rows.OfStatus, []string{"=", "!="}},
		"version": {rows.OfVersion, []string{"=", "!="}},
		"parent":  {rows.OfParent, []string{"="}},
		"started": {rows.OfStarted, byTime},
		"closed":  {rows.OfClosed, byTime},
	}
	operators = map[string]rows.Op{"=": rows.Equal, "!=": rows.Not, ">": rows.Above, ">=": rows.AtLeast, "<": rows.Below, "<=": rows.AtMost, "^=": rows.Prefix}
)

// where parses conditions on runs. The version that one names is still as the caller wrote it.
func where(conditions []string) ([]rows.Condition, error) {
	var all []rows.Condition
	for _, text := range conditions {
		c, ok := wire.CutCondition(text)
		if !ok {
			return nil, invalid("where", "has %q; want FIELD=VALUE, or another of != > >= < <= ^= in place of =", clip(text))
		}
		one, err := condition(c)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func condition(c wire.Condition) (one rows.Condition, err error) {
	one = rows.Condition{Field: rows.OfAttribute, Op: operators[c.Op], Name: c.Field}
	if f, own := runFields[c.Field]; own && c.Plain {
		if !slices.Contains(f.ops, c.Op) {
			return one, invalid("where", "has %s%s; %s takes %s (an attribute of that name is written %q)", c.Field, c.Op, c.Field, strings.Join(f.ops, " "), c.Field)
		}
		one.Field, one.Name = f.field, ""
	}
	switch one.Field {
	case rows.OfStatus:
		if one.Status, err = history.ParseStatus(c.Value); err != nil {
			return one, invalid("where", "has status%s: %v", c.Op, err)
		}
	case rows.OfStarted, rows.OfClosed:
		if one.At, err = moment("where", c.Value); err == nil && one.At == 0 {
			err = invalid("where", "has %s%s and no time", c.Field, c.Op)
		}
	case rows.OfType, rows.OfVersion, rows.OfParent:
		if one.Text = c.Value; c.Value == "" {
			err = invalid("where", "has %s%s and nothing behind it", c.Field, c.Op)
		}
	default:
		if one.Op != rows.Prefix {
			one.Value = history.Payload(wire.AttributeValue(c.Value))
		} else if json.Unmarshal([]byte(c.Value), &one.Text) != nil {
			one.Text = c.Value
		}
	}
	return one, err
}

// sortOf parses the order of a listing: started, closed or the name of an attribute, with a -
// before it for the greatest first. A name that is one of those words, or begins with a -, is
// written as a JSON string.
func sortOf(text string) (by rows.Sort, err error) {
	if text == "" {
		return by, nil
	}
	name, down := strings.CutPrefix(text, "-")
	by.Down = down
	switch name {
	case "started":
		by.Field = rows.OfStarted
	case "closed":
		by.Field = rows.OfClosed
	default:
		by.Field, by.Name = rows.OfAttribute, name
		if strings.HasPrefix(name, `"`) && json.Unmarshal([]byte(name), &by.Name) != nil || by.Name == "" {
			return by, invalid("sort", "is %q; want started, closed or the name of an attribute, with a - before it for the greatest first", clip(text))
		}
	}
	return by, nil
}
