package starlark

import (
	"go.starlark.net/starlark"
)

// predeclared is what every module sees: the built-in functions, the modules of the host, and the
// guards. It is shared and never changes.
var predeclared = func() starlark.StringDict {
	all := starlark.StringDict{"$none": starlark.None, "json": jsonModule, "math": mathModule, "time": timeModule}
	for name, fn := range builtins {
		all[name] = starlark.NewBuiltin(name, func(t *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			return fn(meterOf(t), args, kwargs)
		})
	}
	for name, g := range guards {
		all[name] = g.builtin(name)
	}
	for _, name := range guardedNames {
		all["$."+name] = methodGuard(name)
	}
	return all
}()
