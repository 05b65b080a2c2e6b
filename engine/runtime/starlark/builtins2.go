package starlark

import (
	"fmt"

	"go.starlark.net/starlark"
)

// builtins2 are the functions that abi 2 has beside those of abi 1. A name of it in a package of
// abi 1 is undefined, so that what an archive means does not depend on the build that reads it.
var builtins2 = map[string]builtin{
	"field":   newField,
	"record":  newRecordType,
	"replace": replaced,
	"struct":  newStruct,
	"sum":     sum,
}

// sum adds up from left to right, by the rules of +: so the result has the same bits everywhere.
func sum(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var x starlark.Iterable
	var total starlark.Value = starlark.MakeInt(0)
	if err := starlark.UnpackArgs("sum", args, kwargs, "x", &x, "start?", &total); err != nil {
		return nil, err
	}
	if err := m.steps(length(x)); err != nil {
		return nil, err
	}
	for elem := range starlark.Elements(x) {
		more, err := m.add(total, elem)
		if err != nil {
			return nil, fmt.Errorf("sum: %w", err)
		}
		total = more
	}
	return total, nil
}
