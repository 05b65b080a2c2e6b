package starlark

import (
	"fmt"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// record is an immutable struct: an outcome and the like, or one that code of abi 2 has built.
type record struct {
	names  []string // shared by all records of a kind
	values []starlark.Value
	built  bool        // by code, which pays for the fields
	kind   *recordType // nil if its fields are not declared
}

var (
	_ starlark.HasAttrs   = (*record)(nil)
	_ starlark.Comparable = (*record)(nil)
)

func (r *record) String() string        { return "struct" } // the printer prints records, not this
func (r *record) Truth() starlark.Bool  { return true }
func (r *record) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable type: %s", r.Type()) }
func (r *record) AttrNames() []string   { return r.names }

// Type implements starlark.Value. Values of no other Go type may say that they are a struct or
// record: CompareSameType relies on it.
func (r *record) Type() string {
	if r.kind != nil {
		return "record"
	}
	return "struct"
}

// Freeze freezes the values. What the host makes are trees of JSON, and what code builds is checked
// first (freeze.go), so this terminates.
func (r *record) Freeze() {
	for _, v := range r.values {
		v.Freeze()
	}
}

func (r *record) Attr(name string) (starlark.Value, error) {
	for i, n := range r.names {
		if n == name {
			return r.values[i], nil
		}
	}
	return nil, nil
}

// CompareSameType compares records field by field.
func (r *record) CompareSameType(op syntax.Token, other starlark.Value, depth int) (bool, error) {
	if op != syntax.EQL && op != syntax.NEQ {
		return false, fmt.Errorf("struct %s struct not implemented", op)
	}
	o := other.(*record)
	equal := r.kind == o.kind && len(r.names) == len(o.names)
	for i := 0; equal && i < len(r.names); i++ {
		if equal = r.names[i] == o.names[i]; !equal {
			break
		}
		var err error
		if equal, err = starlark.EqualDepth(r.values[i], o.values[i], depth-1); err != nil {
			return false, err
		}
	}
	return equal == (op == syntax.EQL), nil
}
