package starlark

import (
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// guard is a function that the rewritten tree calls by its name.
type guard func(m *meter, args starlark.Tuple) (starlark.Value, error)

// guards are all guards except those of methods. Their arguments are what rewrite_expr.go and
// rewrite_stmt.go pass.
var guards = map[string]guard{
	"$+":  func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.add(a[0], a[1]) },
	"$+=": func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.addTo(a[0], a[1]) },
	"$-":  func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.subtract(a[0], a[1]) },
	"$*":  func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.multiply(a[0], a[1]) },
	"$%":  func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.modulo(a[0], a[1]) },
	"$//": func(m *meter, a starlark.Tuple) (starlark.Value, error) {
		return m.binary(syntax.SLASHSLASH, a[0], a[1])
	},
	"$|":  func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.combine(syntax.PIPE, a[0], a[1]) },
	"$|=": func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.unionInto(a[0], a[1]) },
	"$&":  func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.combine(syntax.AMP, a[0], a[1]) },
	"$^": func(m *meter, a starlark.Tuple) (starlark.Value, error) {
		return m.combine(syntax.CIRCUMFLEX, a[0], a[1])
	},
	"$<<":     func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.combine(syntax.LTLT, a[0], a[1]) },
	"$==":     func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.compare(syntax.EQL, a[0], a[1]) },
	"$!=":     func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.compare(syntax.NEQ, a[0], a[1]) },
	"$<":      func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.compare(syntax.LT, a[0], a[1]) },
	"$<=":     func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.compare(syntax.LE, a[0], a[1]) },
	"$>":      func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.compare(syntax.GT, a[0], a[1]) },
	"$>=":     func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.compare(syntax.GE, a[0], a[1]) },
	"$in":     func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.contains(syntax.IN, a[0], a[1]) },
	"$not in": func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.contains(syntax.NOT_IN, a[0], a[1]) },

	"$index":   func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.index(a[0], a[1]) },
	"$slice":   func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.slice(a[0], a[1], a[2], a[3]) },
	"$slot":    func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.slot(a[0]) },
	"$element": func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.element(a[0], a[1]) },
	"$assign": func(m *meter, a starlark.Tuple) (starlark.Value, error) {
		return m.assign(string(a[0].(starlark.String)), a[1].(*element), a[2])
	},
	"$attr": func(m *meter, a starlark.Tuple) (starlark.Value, error) {
		return m.attr(a[0], string(a[1].(starlark.String)))
	},

	"$list": func(m *meter, a starlark.Tuple) (starlark.Value, error) {
		return starlark.NewList(a), m.grow(costList + costElem*uint64(len(a))) // a is this call's own copy
	},
	"$built": func(m *meter, a starlark.Tuple) (starlark.Value, error) {
		if dict, ok := a[0].(*starlark.Dict); ok {
			if err := m.keys(dict, nil); err != nil {
				return nil, err
			}
		}
		return a[0], m.grow(shallow(a[0]))
	},
	"$empty":   func(m *meter, a starlark.Tuple) (starlark.Value, error) { return a[0], m.grow(costList) }, // elements are charged as they are added
	"$elem":    func(m *meter, a starlark.Tuple) (starlark.Value, error) { return a[0], m.grow(costElem) },
	"$key":     func(m *meter, a starlark.Tuple) (starlark.Value, error) { return a[0], m.key(a[0], nil) },
	"$closure": func(m *meter, a starlark.Tuple) (starlark.Value, error) { return a[0], m.grow(shallow(a[0])) },
	"$pair": func(m *meter, a starlark.Tuple) (starlark.Value, error) {
		return a, m.grow(costElem + costTuple + 2*costElem)
	},
	"$dict": func(m *meter, a starlark.Tuple) (starlark.Value, error) { return m.dictOf(a[0].(*starlark.List)) },
	"$rest": func(m *meter, a starlark.Tuple) (starlark.Value, error) {
		for _, v := range a {
			if err := m.grow(shallow(v)); err != nil {
				return nil, err
			}
		}
		return starlark.True, nil
	},
	"$deep": func(m *meter, a starlark.Tuple) (starlark.Value, error) {
		size, err := starlark.AsInt32(a[0])
		if err != nil {
			return nil, err
		}
		return starlark.True, m.deep(size)
	},
	"$*args": func(m *meter, a starlark.Tuple) (starlark.Value, error) {
		return a[0], m.growBy(2*length(a[0]), costElem)
	},
	"$**kwargs": func(m *meter, a starlark.Tuple) (starlark.Value, error) {
		if err := m.keys(a[0], nil); err != nil {
			return nil, err
		}
		if err := m.steps(3 * length(a[0])); err != nil {
			return nil, err
		}
		return a[0], m.growBy(length(a[0]), costEntry)
	},
}

// builtin wraps a guard as a callable value.
func (g guard) builtin(name string) *starlark.Builtin {
	return starlark.NewBuiltin(name, func(t *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		return g(meterOf(t), args)
	})
}
