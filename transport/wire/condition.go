package wire

import (
	"encoding/json"
	"strings"
)

// Condition is a condition on runs as people write it, such as amount>=100.
type Condition struct {
	Field string // of the run, or the name of an attribute
	Plain bool   // the field is no JSON string, so that it may be one of the run's own
	Op    string // = != > >= < <= ^=
	Value string
}

// CutCondition parses a condition. What stands before the operator is type, status, version,
// parent, started, closed, or the name of an attribute; a name that is one of those words, or has
// an operator in it, is written as a JSON string.
func CutCondition(s string) (c Condition, ok bool) {
	rest := s
	if strings.HasPrefix(s, `"`) {
		d := json.NewDecoder(strings.NewReader(s))
		if err := d.Decode(&c.Field); err != nil {
			return Condition{}, false
		}
		rest = s[d.InputOffset():]
	} else {
		at := -1
		for i := range len(s) {
			if operator(s[i:]) != "" {
				at = i
				break
			}
		}
		if at < 0 {
			return Condition{}, false
		}
		c.Field, c.Plain, rest = s[:at], true, s[at:]
	}
	c.Op = operator(rest)
	c.Value = rest[len(c.Op):]
	slip := operator(c.Value) != "" // ==, >>: a text that begins so is given as JSON
	return c, c.Op != "" && c.Field != "" && !slip
}

// String is the reverse of CutCondition.
func (c Condition) String() string {
	field := c.Field
	if !c.Plain {
		b, _ := json.Marshal(field)
		field = string(b)
	}
	return field + c.Op + c.Value
}

// operator is that which a text begins with.
func operator(s string) string {
	for _, op := range []string{"!=", ">=", "<=", "^=", "=", ">", "<"} {
		if strings.HasPrefix(s, op) {
			return op
		}
	}
	return ""
}
