package startest

import (
	"testing"

	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/starlark"
	star "go.starlark.net/starlark"
)

func dict(pairs ...star.Value) *star.Dict {
	d := new(star.Dict)
	for i := 0; i < len(pairs); i += 2 {
		if err := d.SetKey(pairs[i], pairs[i+1]); err != nil {
			panic(err)
		}
	}
	return d
}

func list(elems ...star.Value) *star.List { return star.NewList(elems) }

func TestWhereValuesDiffer(t *testing.T) {
	one, two, a, b := star.MakeInt(1), star.MakeInt(2), star.String("a"), star.String("b")
	for _, c := range []struct {
		got, want star.Value
		text      string
	}{
		{one, one, ""},
		{one, star.Float(1), ""},
		{one, two, "got 1, want 2"},
		{one, a, `got 1, want "a"`},
		{list(one), list(one, two), `got [1], want [1, 2]; at [1] it is absent instead of 2`},
		{list(one, two), list(one), `got [1, 2], want [1]; at [1] it is 2 instead of absent`},
		{list(list(one)), list(list(two)), `got [[1]], want [[2]]; at [0][0] it is 1 instead of 2`},
		{list(one), a, `got [1], want "a"`},
		{dict(a, one), dict(a, two), `got {"a": 1}, want {"a": 2}; at ["a"] it is 1 instead of 2`},
		{dict(a, one), dict(b, one), `got {"a": 1}, want {"b": 1}; at ["a"] it is 1 instead of absent`},
		{dict(), dict(b, one), `got {}, want {"b": 1}; at ["b"] it is absent instead of 1`},
		{dict(a, one), list(one), `got {"a": 1}, want [1]`},
		{dict(a, one, b, two), dict(b, two, a, one), ""},
	} {
		thread := starlark.NewThread("test", 1, runtime.Limits{}, nil)
		text := ""
		_, err := thread.Call(star.NewBuiltin("eq", func(t *star.Thread, _ *star.Builtin, _ star.Tuple, _ []star.Tuple) (star.Value, error) {
			if err := equal(t, c.got, c.want, ""); err != nil {
				text = err.Error()
			}
			return star.None, nil
		}))
		if err != nil || text != c.text {
			t.Errorf("%s and %s: %q, %v; want %q", c.got, c.want, text, err, c.text)
		}
	}
}
