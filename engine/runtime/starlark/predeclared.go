package starlark

import (
	"aion.dev/aion/catalog"
	"go.starlark.net/starlark"
)

// predeclared is what every module sees, by abi: the built-in functions, the modules of the host,
// and the guards. It is shared and never changes.
var predeclared = map[int]starlark.StringDict{1: universe(builtins), 2: universe(builtins, builtins2)}

// since returns the first abi that has a name; 0 if none has it.
func since(name string) int {
	for abi := catalog.ABI; abi <= catalog.MaxABI; abi++ {
		if predeclared[abi].Has(name) {
			return abi
		}
	}
	return 0
}

func universe(tables ...map[string]builtin) starlark.StringDict {
	all := starlark.StringDict{"$none": starlark.None, "json": jsonModule, "math": mathModule, "time": timeModule}
	for _, table := range tables {
		for name, fn := range table {
			all[name] = starlark.NewBuiltin(name, func(t *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
				return fn(meterOf(t), args, kwargs)
			})
		}
	}
	for name, g := range guards {
		all[name] = g.builtin(name)
	}
	for _, name := range guardedNames {
		all["$."+name] = methodGuard(name)
	}
	return all
}
