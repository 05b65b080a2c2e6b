package starlark

import (
	"fmt"
	"strconv"

	"go.starlark.net/syntax"
)

// Functions of abi 2 may call themselves. The interpreter would let them go 100,000 calls deep, and
// would make room for the variables of each before anything could refuse it. So every function
// that calls something begins with a call of $deep, which has the size of the function.

// Bounds of abi 2.
const (
	maxCalls   = 1000    // on the stack, each key function of sorted and the like too
	freeFrames = 1 << 19 // parts of functions on the stack that are not charged
)

// costPart is what one part of a function takes while it is called: a variable or an operand.
const costPart = 16

// place of a walk, from which on deep counts.
type mark struct{ calls, nodes int }

func (r *rewriter) mark() mark { return mark{r.calls, r.nodes} }

// deep returns the guard of a function whose body was rewritten since before; nil if it needs none.
func (r *rewriter) deep(before mark, at syntax.Position) syntax.Expr {
	if !r.recursion || r.calls == before.calls {
		return nil
	}
	size := int64(r.nodes - before.nodes)
	return call("$deep", at, &syntax.Literal{Token: syntax.INT, TokenPos: at, Raw: strconv.FormatInt(size, 10), Value: size})
}

// deep refuses a call that is too deep. Of deep stacks of large functions it charges the variables.
// They are uncharged only as long as all frames together are small: at depth d a function has at
// most freeFrames/d parts then, which sums up to 8 times freeFrames at most.
func (m *meter) deep(size int) error {
	depth := m.thread.CallStackDepth() - 1 // without the guard itself
	if depth > maxCalls {
		return fmt.Errorf("calls are nested deeper than %d", maxCalls)
	}
	if depth*size <= freeFrames {
		return nil
	}
	return m.growBy(size, costPart)
}
