package starlark

import (
	"fmt"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// returns tells where the functions of a module return something, by the place of the function.
// What is wrong with a result comes to light when the code is over and its stack is gone.
type returns map[site][]syntax.Position

// collect adds the functions of one module.
func (r returns) collect(file *syntax.File) {
	var inside []syntax.Node // the nodes that the walk is in
	syntax.Walk(file, func(n syntax.Node) bool {
		if n == nil {
			inside = inside[:len(inside)-1]
			return true
		}
		inside = append(inside, n)
		back, ok := n.(*syntax.ReturnStmt)
		if !ok || harmless(back.Result) {
			return true
		}
		for i := len(inside) - 1; i >= 0; i-- {
			if def, ok := inside[i].(*syntax.DefStmt); ok {
				at := siteOf(def.Def)
				r[at] = append(r[at], back.Return)
				break
			}
		}
		return true
	})
}

// harmless reports whether a result is nothing, a number or a string: those are JSON.
func harmless(e syntax.Expr) bool {
	if e == nil {
		return true
	}
	_, literal := unparen(e).(*syntax.Literal)
	return literal
}

// maxReturns bounds how many places an error names.
const maxReturns = 5

// blame gives an error of fn's result its place: that of the return, or of the function where there
// are several.
func (r returns) blame(fn *starlark.Function, err error) error {
	switch found := r[siteOf(fn.Position())]; len(found) {
	case 0:
		return fmt.Errorf("%s: %w", fn.Position(), err)
	case 1:
		return fmt.Errorf("%s: %w", found[0], err)
	default:
		lines := make([]string, 0, maxReturns+1)
		for _, at := range found {
			if len(lines) == maxReturns {
				lines = append(lines, "...")
				break
			}
			lines = append(lines, fmt.Sprint(at.Line))
		}
		return fmt.Errorf("%s: %w (returned at one of the lines %s)", fn.Position(), err, strings.Join(lines, ", "))
	}
}
