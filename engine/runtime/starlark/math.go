package starlark

import (
	"fmt"
	"maps"
	"math"
	"slices"

	startmath "go.starlark.net/lib/math"
	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

// mathModule contains only functions with the same result bits on every processor. IEEE 754 defines
// these results, while exp, log and the trigonometric functions depend on the library and, in Go,
// on hand-written assembly.
var mathModule = func() *starlarkstruct.Module {
	members := starlark.StringDict{"pow": starlark.NewBuiltin("math.pow", pow)}
	for _, name := range []string{"ceil", "copysign", "e", "fabs", "floor", "mod", "pi", "remainder", "round", "sqrt"} {
		members[name] = startmath.Module.Members[name]
	}
	return &starlarkstruct.Module{Name: "math", Members: members}
}()

// mathNames lists the members for docs and tests.
var mathNames = slices.Sorted(maps.Keys(mathModule.Members))

// pow multiplies repeatedly: because each product is rounded exactly, the result is the same
// everywhere.
func pow(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var xv, yv starlark.Value
	if err := starlark.UnpackPositionalArgs(b.Name(), args, kwargs, 2, &xv, &yv); err != nil {
		return nil, err
	}
	x, okX := starlark.AsFloat(xv)
	y, okY := starlark.AsFloat(yv)
	if !okX || !okY {
		return nil, fmt.Errorf("math.pow: got %s and %s, want numbers", xv.Type(), yv.Type())
	}
	if y != math.Trunc(y) || math.Abs(y) > 1<<20 {
		return nil, fmt.Errorf("math.pow: the exponent is %v, it must be a whole number of at most %d", y, 1<<20)
	}
	result := 1.0
	for n := int64(math.Abs(y)); n > 0; n >>= 1 {
		if n&1 == 1 {
			result *= x
		}
		x *= x
	}
	if y < 0 {
		result = 1 / result
	}
	return starlark.Float(result), nil
}
