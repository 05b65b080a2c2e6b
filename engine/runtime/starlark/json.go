package starlark

import (
	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

// jsonModule is json.encode(v) and json.decode(s).
var jsonModule = &starlarkstruct.Module{Name: "json", Members: starlark.StringDict{
	"encode": starlark.NewBuiltin("json.encode", func(t *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var v starlark.Value
		if err := starlark.UnpackPositionalArgs(b.Name(), args, kwargs, 1, &v); err != nil {
			return nil, err
		}
		m := meterOf(t)
		p, err := m.encode(b.Name(), v)
		if err != nil {
			return nil, err
		}
		return starlark.String(p), m.text(len(p))
	}),
	"decode": starlark.NewBuiltin("json.decode", func(t *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var s string
		if err := starlark.UnpackPositionalArgs(b.Name(), args, kwargs, 1, &s); err != nil {
			return nil, err
		}
		m := meterOf(t)
		if err := m.text(len(s)); err != nil {
			return nil, err
		}
		if s == "" {
			s = " " // empty text is invalid, while no payload is null
		}
		return m.decode(b.Name(), []byte(s))
	}),
}}
