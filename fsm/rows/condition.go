package rows

import (
	"bytes"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// Field is what of a run a condition is about. Numbers are never reused: batches keep conditions.
type Field uint8

// The fields.
const (
	OfAttribute Field = 1
	OfType      Field = 2
	OfStatus    Field = 3
	OfVersion   Field = 4
	OfParent    Field = 5
	OfStarted   Field = 6
	OfClosed    Field = 7
)

// Op is how a condition compares. Numbers are never reused.
type Op uint8

// The operators.
const (
	Equal   Op = 1
	Not     Op = 2
	Above   Op = 3
	AtLeast Op = 4
	Below   Op = 5
	AtMost  Op = 6
	Prefix  Op = 7
)

// Condition is what a run has to be, to be found or acted on.
type Condition struct {
	Field   Field           `cbor:"1,keyasint"`
	Op      Op              `cbor:"2,keyasint"`
	Name    string          `cbor:"3,keyasint,omitempty"` // of an attribute
	Value   history.Payload `cbor:"4,keyasint,omitempty"` // of an attribute, as attributes are spelled
	Text    string          `cbor:"5,keyasint,omitempty"` // a type, the workflow id of a parent, or what a text begins with
	Status  history.Status  `cbor:"6,keyasint,omitempty"`
	Version catalog.Version `cbor:"7,keyasint,omitzero"`
	At      history.Time    `cbor:"8,keyasint,omitempty"`
}

// Holds reports whether a run is what the condition says. What a run does not have, an attribute, a
// parent or a time of closing, is neither equal to anything nor different from it.
func (c *Condition) Holds(r *Run) bool {
	switch c.Field {
	case OfAttribute:
		value, has := r.Attributes[c.Name]
		return has && c.holds(value)
	case OfType:
		return c.text(r.Type)
	case OfStatus:
		return (r.Status == c.Status) == (c.Op == Equal)
	case OfVersion:
		return (r.Version == c.Version) == (c.Op == Equal)
	case OfParent:
		return r.Parent != nil && c.text(r.Parent.WorkflowID)
	case OfStarted:
		return c.when(r.StartedAt)
	case OfClosed:
		return !r.Status.Open() && c.when(r.ClosedAt)
	}
	return false
}

func (c *Condition) holds(value history.Payload) bool {
	switch c.Op {
	case Equal, Not:
		return HasValue(value, c.Value) == (c.Op == Equal)
	case Prefix:
		return kind(value) == 't' && strings.HasPrefix(Text(value), c.Text)
	}
	order, ok := CompareValues(value, c.Value)
	return ok && c.Op.takes(order)
}

func (c *Condition) text(of string) bool {
	switch c.Op {
	case Equal:
		return of == c.Text
	case Not:
		return of != c.Text
	case Prefix:
		return strings.HasPrefix(of, c.Text)
	}
	return false
}

func (c *Condition) when(at history.Time) bool {
	switch {
	case at < c.At:
		return c.Op.takes(-1)
	case at > c.At:
		return c.Op.takes(+1)
	}
	return c.Op.takes(0)
}

// takes reports whether the operator takes what is below (-1), at (0) or above (+1) its value.
func (o Op) takes(order int) bool {
	switch o {
	case Above:
		return order > 0
	case AtLeast:
		return order >= 0
	case Below:
		return order < 0
	case AtMost:
		return order <= 0
	}
	return false
}

// HasValue reports whether a run's value is the wanted one, or a list that has it as an item.
func HasValue(value, want history.Payload) bool {
	if bytes.Equal(value, want) {
		return true
	}
	for _, item := range Items(value) {
		if bytes.Equal(item, want) {
			return true
		}
	}
	return false
}

// Within are the bounds, in the index of ordered attributes, of all runs of a namespace for which a
// condition on an attribute may hold.
func (c *Condition) Within(space string) (first, end []byte) {
	all := OrderPrefix(space, c.Name)
	switch c.Op {
	case Equal, Not:
		return all, After(all)
	case Prefix:
		mine := appendText(append(bytes.Clone(all), 't'), strings.TrimSuffix(c.Text, "Z")) // a time is without its Z
		return mine, After(mine)
	}
	of := append(bytes.Clone(all), kind(c.Value))
	mine := AppendPlace(bytes.Clone(all), c.Value)
	mine = mine[:len(mine)-1] // without what ends a text, or tells integers from floats
	if c.Op == Above || c.Op == AtLeast {
		return mine, After(of)
	}
	return of, After(mine)
}

// Sort is the order of a listing; the zero value is by the time of starting, the newest first.
type Sort struct {
	Field Field  // OfStarted, OfClosed or OfAttribute
	Name  string // of the attribute
	Down  bool   // the greatest first
}
