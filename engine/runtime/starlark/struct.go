package starlark

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/starlark"
)

// maxFields bounds the fields of a struct or record: a field is found by searching for its name,
// which counts as one step.
const maxFields = 250

// costField is what the account charges for a field of a struct or record.
const costField = 2 * costElem

// newStruct makes a struct. Its fields are in alphabetical order, so equal ones look the same.
func newStruct(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if len(args) > 0 {
		return nil, fmt.Errorf("struct: got a positional argument; fields are given by name")
	}
	if err := m.fields("struct", kwargs); err != nil {
		return nil, err
	}
	sorted := slices.SortedFunc(slices.Values(kwargs), func(a, b starlark.Tuple) int {
		return cmp.Compare(a[0].(starlark.String), b[0].(starlark.String))
	})
	r := &record{built: true, names: make([]string, len(sorted)), values: make([]starlark.Value, len(sorted))}
	for i, pair := range sorted {
		r.names[i], r.values[i] = string(pair[0].(starlark.String)), pair[1]
	}
	return r, m.grow(shallow(r))
}

// fields bounds the fields that a call names, and charges for sorting them.
func (m *meter) fields(what string, kwargs []starlark.Tuple) error {
	if len(kwargs) > maxFields {
		return fmt.Errorf("%s: %d fields, the limit is %d", what, len(kwargs), maxFields)
	}
	for _, pair := range kwargs {
		if name := pair[0].(starlark.String); len(name) > maxAttribute {
			return fmt.Errorf("%s: the name of a field has %d bytes, the limit is %d", what, len(name), maxAttribute)
		}
	}
	return m.steps(2 * len(kwargs))
}

// recordType is a type of records: the names of their fields, and what may be in them. It is
// called to make a record.
type recordType struct {
	name   string // "" if it was not given
	names  []string
	fields []*field
}

// field is what a field of a record type may hold.
type field struct {
	allows  []starlark.Value // any of these: built-in functions that name types, record types, None
	missing starlark.Value   // what it is if it is not given; nil = it has to be given
}

var _ starlark.Callable = (*recordType)(nil)

func (t *recordType) Name() string          { return cmp.Or(t.name, "record") }
func (t *recordType) String() string        { return "<record type " + t.Name() + ">" }
func (t *recordType) Type() string          { return "record_type" }
func (t *recordType) Freeze()               {} // nothing of it can change
func (t *recordType) Truth() starlark.Bool  { return true }
func (t *recordType) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable type: record_type") }

func (f *field) String() string        { return "<field>" }
func (f *field) Type() string          { return "field" }
func (f *field) Freeze()               {}
func (f *field) Truth() starlark.Bool  { return true }
func (f *field) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable type: field") }

// newField makes a field with a value that it has if none is given. Only a value that cannot change
// may be one, because all records share it.
func newField(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var typ, missing starlark.Value
	if err := starlark.UnpackArgs("field", args, kwargs, "type", &typ, "default?", &missing); err != nil {
		return nil, err
	}
	f, err := fieldOf(typ)
	if err != nil {
		return nil, fmt.Errorf("field: %w", err)
	}
	if f.missing = missing; missing != nil {
		switch v := missing.(type) {
		case starlark.NoneType, starlark.Bool, starlark.Int, starlark.Float, starlark.String, starlark.Bytes:
		case starlark.Tuple:
			if len(v) > 0 {
				return nil, fmt.Errorf("field: the only tuple that can be a default is ()")
			}
		default:
			return nil, fmt.Errorf("field: a %s cannot be a default, because all records would share it: use None, and make one where it is needed", missing.Type())
		}
		if !f.takes(missing) {
			return nil, fmt.Errorf("field: the default is %s, want %s", typeName(missing), f.wants())
		}
	}
	return f, m.grow(costOther + costElem*uint64(len(f.allows)))
}

// fieldOf parses the type of a field: one, or a tuple of alternatives.
func fieldOf(v starlark.Value) (*field, error) {
	if f, ok := v.(*field); ok {
		return f, nil
	}
	all, many := v.(starlark.Tuple)
	if !many {
		all = starlark.Tuple{v}
	}
	if len(all) == 0 || len(all) > maxFields {
		return nil, fmt.Errorf("a tuple of %d types; 1 to %d are allowed", len(all), maxFields)
	}
	for _, t := range all {
		if !isType(t) {
			return nil, fmt.Errorf("%s is no type of a field: use str, int, float, bool, bytes, list, dict, set, tuple, struct, any, None, a record type, or a tuple of these", t.Type())
		}
	}
	return &field{allows: all}, nil
}

// typeNames are the built-in functions that stand for a type, with what values of it say they are.
var typeNames = map[string]string{
	"str": "string", "int": "int", "float": "float", "bool": "bool", "bytes": "bytes", "list": "list", "dict": "dict", "set": "set", "tuple": "tuple", "struct": "struct", "any": "",
}

func isType(v starlark.Value) bool {
	switch v := v.(type) {
	case starlark.NoneType, *recordType:
		return true
	case *starlark.Builtin:
		_, ok := typeNames[v.Name()]
		return ok && v.Receiver() == nil
	}
	return false
}

// takes reports whether a value may be in the field.
func (f *field) takes(v starlark.Value) bool {
	return slices.ContainsFunc(f.allows, func(t starlark.Value) bool {
		switch t := t.(type) {
		case *recordType:
			r, ok := v.(*record)
			return ok && r.kind == t
		case *starlark.Builtin:
			want, is := typeNames[t.Name()], v.Type()
			return want == "" || want == is || want == "float" && is == "int"
		}
		return v == t // None
	})
}

// wants tells what the field takes.
func (f *field) wants() string {
	words := make([]string, len(f.allows))
	for i, t := range f.allows {
		switch t := t.(type) {
		case *starlark.Builtin:
			words[i] = t.Name()
		case *recordType:
			words[i] = t.Name()
		default:
			words[i] = "None"
		}
	}
	return strings.Join(words, " or ")
}

// typeName names the type of a value: that of a record by its name.
func typeName(v starlark.Value) string {
	if r, ok := v.(*record); ok && r.kind != nil {
		return r.kind.Name()
	}
	return v.Type()
}

// newRecordType makes a type of records: record("Item", sku = str, count = field(int, 1)).
func newRecordType(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	t := new(recordType)
	if err := starlark.UnpackPositionalArgs("record", args, nil, 0, &t.name); err != nil {
		return nil, err
	}
	if len(t.name) > maxAttribute {
		return nil, fmt.Errorf("record: the name has %d bytes, the limit is %d", len(t.name), maxAttribute)
	}
	if err := m.fields("record", kwargs); err != nil {
		return nil, err
	}
	for _, pair := range kwargs {
		name := string(pair[0].(starlark.String))
		f, err := fieldOf(pair[1])
		if err != nil {
			return nil, fmt.Errorf("record: field %s: %w", name, err)
		}
		t.names, t.fields = append(t.names, name), append(t.fields, f)
	}
	return t, m.grow(shallow(t))
}

// CallInternal makes a record.
func (t *recordType) CallInternal(thread *starlark.Thread, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if len(args) > 0 {
		return nil, fmt.Errorf("%s: got a positional argument; fields are given by name", t.Name())
	}
	r := &record{built: true, kind: t, names: t.names, values: make([]starlark.Value, len(t.names))}
	m := meterOf(thread)
	if err := m.grow(shallow(r)); err != nil {
		return nil, err
	}
	if err := m.steps(len(t.names)); err != nil {
		return nil, err
	}
	if err := r.fill(m, t.Name(), kwargs); err != nil {
		return nil, err
	}
	for i, name := range t.names {
		if r.values[i] == nil {
			if r.values[i] = t.fields[i].missing; r.values[i] == nil {
				return nil, fmt.Errorf("%s: field %s is missing", t.Name(), name)
			}
		}
	}
	return r, nil
}

// fill sets fields by name.
func (r *record) fill(m *meter, what string, kwargs []starlark.Tuple) error {
	if err := m.fields(what, kwargs); err != nil {
		return err
	}
	if err := m.steps(len(kwargs) * len(r.names) / 16); err != nil {
		return err
	}
	for _, pair := range kwargs {
		name := string(pair[0].(starlark.String))
		i := slices.Index(r.names, name)
		if i < 0 {
			return fmt.Errorf("%s: there is no field %.100s; the fields are %.500s", what, name, strings.Join(r.names, ", "))
		}
		if r.kind != nil {
			if f := r.kind.fields[i]; !f.takes(pair[1]) {
				return fmt.Errorf("%s: field %s: got %s, want %s", what, name, typeName(pair[1]), f.wants())
			}
		}
		r.values[i] = pair[1]
	}
	return nil
}

// replaced returns a copy of a struct or record in which some fields have other values.
func replaced(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var x starlark.Value
	if err := starlark.UnpackPositionalArgs("replace", args, nil, 1, &x); err != nil {
		return nil, err
	}
	old, ok := x.(*record)
	if !ok {
		return nil, fmt.Errorf("replace: got %s, want struct or record", x.Type())
	}
	r := &record{built: true, kind: old.kind, names: old.names, values: slices.Clone(old.values)}
	if err := m.grow(shallow(r)); err != nil {
		return nil, err
	}
	if err := m.steps(len(r.names) / 4); err != nil {
		return nil, err
	}
	return r, r.fill(m, "replace", kwargs)
}
