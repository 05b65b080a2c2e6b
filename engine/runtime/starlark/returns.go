package starlark

import (
	"fmt"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// returns maps the functions of a module, by position, to the positions of their return statements.
// It is needed because an error in a result shows only after the code has ended and its stack is
// gone.
type returns map[site][]syntax.Position

// collect adds the functions of one module.
func (r returns) collect(file *syntax.File) {
	var inside []syntax.Node // the nodes that contain the current one
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

// harmless reports whether a result is nothing, a number or a string, which JSON can always
// represent.
func harmless(e syntax.Expr) bool {
	if e == nil {
		return true
	}
	_, literal := unparen(e).(*syntax.Literal)
	return literal
}

// maxReturns bounds the positions that an error lists.
const maxReturns = 5

// blame adds a position to an error about fn's result: that of the return statement, or of the
// function if it has several.
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
