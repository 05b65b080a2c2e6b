package starlark

import (
	"math/big"

	"go.starlark.net/syntax"
)

// binaryGuards names the guard of each binary operator; the results of other operators cannot grow.
var binaryGuards = map[syntax.Token]string{
	syntax.PLUS: "$+", syntax.MINUS: "$-", syntax.STAR: "$*", syntax.PERCENT: "$%", syntax.SLASHSLASH: "$//", syntax.PIPE: "$|", syntax.AMP: "$&", syntax.CIRCUMFLEX: "$^", syntax.LTLT: "$<<",
	syntax.EQL: "$==", syntax.NEQ: "$!=", syntax.LT: "$<", syntax.LE: "$<=", syntax.GT: "$>", syntax.GE: "$>=", syntax.IN: "$in", syntax.NOT_IN: "$not in",
}

// expr rewrites an expression. dirty means that the operand stack already holds a temporary value.
func (r *rewriter) expr(e syntax.Expr, dirty bool) syntax.Expr {
	if e == nil || !r.enter(place(e)) {
		return e
	}
	defer r.leave()
	switch e := e.(type) {
	case *syntax.Literal:
		if i, ok := e.Value.(*big.Int); ok && i.BitLen() > maxIntBits {
			r.fail(e.TokenPos, "the number has %d bits, the limit is %d", i.BitLen(), maxIntBits)
		}
	case *syntax.ParenExpr:
		e.X = r.expr(e.X, dirty)
	case *syntax.UnaryExpr:
		e.X = r.expr(e.X, dirty)
	case *syntax.BinaryExpr:
		return r.binary(e, dirty)
	case *syntax.CondExpr:
		e.Cond, e.True, e.False = r.expr(e.Cond, dirty), r.expr(e.True, dirty), r.expr(e.False, dirty)
	case *syntax.CallExpr:
		return r.call(e, dirty)
	case *syntax.DotExpr:
		e.X = r.expr(e.X, dirty)
		if guarded[e.Name.Name] {
			return call("$attr", e.Dot, e.X, text(e.Name.Name, e.NamePos))
		}
	case *syntax.IndexExpr:
		list := r.operands(dirty, e.X, e.Y)
		if e.X, e.Y = list[0], list[1]; isString(e.Y) && simple(e.Y) {
			return e // a lookup with a short key; for anything but a dict it is an error
		}
		return call("$index", e.Lbrack, e.X, e.Y)
	case *syntax.SliceExpr:
		list := r.operands(dirty, e.X, e.Lo, e.Hi, e.Step)
		for i, operand := range list {
			if operand == nil {
				list[i] = ident("$none", e.Lbrack)
			}
		}
		return call("$slice", e.Lbrack, list...)
	case *syntax.ListExpr:
		if e.List = r.operands(dirty, e.List...); len(e.List) > maxArguments {
			return call("$built", e.Lbrack, e)
		}
		return call("$list", e.Lbrack, e.List...)
	case *syntax.TupleExpr:
		at := place(e)
		if e.List = r.operands(dirty, e.List...); len(e.List) == 0 {
			return e
		}
		return call("$built", at, e)
	case *syntax.DictExpr:
		for _, entry := range e.List {
			entry := entry.(*syntax.DictEntry)
			if entry.Key, entry.Value = r.expr(entry.Key, true), r.expr(entry.Value, true); !simple(entry.Key) {
				entry.Key = call("$key", entry.Colon, entry.Key)
			}
		}
		return call("$built", e.Lbrace, e)
	case *syntax.Comprehension:
		return r.comprehension(e)
	case *syntax.LambdaExpr:
		r.function(e.Lambda)
		r.params(e.Params, dirty)
		r.inside++
		before := r.mark()
		e.Body = r.expr(e.Body, false)
		deep := r.deep(before, e.Lambda)
		r.inside--
		if rest := surplus(e.Params, e.Lambda); len(rest) > 0 {
			e.Body = after(call("$rest", e.Lambda, rest...), e.Body, e.Lambda)
		}
		if deep != nil {
			e.Body = after(deep, e.Body, e.Lambda)
		}
		return call("$closure", e.Lambda, e)
	}
	return e
}

// after makes an expression that calls a guard first, which is true.
func after(guard, e syntax.Expr, at syntax.Position) syntax.Expr {
	return &syntax.CondExpr{If: at, Cond: guard, True: e, ElsePos: at, False: ident("$none", at)}
}

// operands rewrites expressions that are evaluated one after the other.
func (r *rewriter) operands(dirty bool, list ...syntax.Expr) []syntax.Expr {
	changed := make([]syntax.Expr, len(list))
	for i, e := range list {
		if e == nil {
			continue
		}
		before := heavy(e)
		changed[i] = r.expr(e, dirty)
		dirty = dirty || before
	}
	return changed
}

func (r *rewriter) binary(e *syntax.BinaryExpr, dirty bool) syntax.Expr {
	if e.Op == syntax.AND || e.Op == syntax.OR { // the left value is gone when the right one is evaluated
		e.X, e.Y = r.expr(e.X, dirty), r.expr(e.Y, dirty)
		return e
	}
	list := r.operands(dirty, e.X, e.Y)
	e.X, e.Y = list[0], list[1]
	guard := binaryGuards[e.Op]
	switch e.Op {
	case syntax.EQL, syntax.NEQ, syntax.LT, syntax.LE, syntax.GT, syntax.GE:
		if simple(e.X) || simple(e.Y) {
			return e
		}
	case syntax.PLUS:
		if number(e.X) || number(e.Y) || isString(e.X) && isString(e.Y) {
			return e // a number grows by at most one bit, and the compiler joins literals
		}
	case syntax.MINUS:
		if number(e.X) || number(e.Y) {
			return e
		}
	}
	if guard == "" {
		return e
	}
	return call(guard, e.OpPos, e.X, e.Y)
}

func isString(e syntax.Expr) bool {
	l, ok := unparen(e).(*syntax.Literal)
	return ok && l.Token == syntax.STRING
}

// call rewrites a call. x.f(...) of a guarded method becomes one call of its guard.
func (r *rewriter) call(e *syntax.CallExpr, dirty bool) syntax.Expr {
	r.calls++
	if !dirty {
		r.clean[siteOf(e.Lparen)] = true
	}
	if dot, ok := e.Fn.(*syntax.DotExpr); ok && guarded[dot.Name.Name] {
		before := heavy(dot.X)
		x := r.expr(dot.X, dirty)
		r.args(e, dirty || before)
		e.Fn = ident("$."+dot.Name.Name, dot.NamePos)
		e.Args = append([]syntax.Expr{x}, e.Args...)
		return e
	}
	before := heavy(e.Fn)
	e.Fn = r.expr(e.Fn, dirty)
	r.args(e, dirty || before)
	return e
}

func (r *rewriter) args(e *syntax.CallExpr, dirty bool) {
	positional := 0
	for i, arg := range e.Args {
		before := heavy(arg)
		switch arg := arg.(type) {
		case *syntax.UnaryExpr:
			if arg.Op == syntax.STAR || arg.Op == syntax.STARSTAR {
				guard := "$*args"
				if arg.Op == syntax.STARSTAR {
					guard = "$**kwargs"
				}
				arg.X = call(guard, arg.OpPos, r.expr(arg.X, dirty))
				break
			}
			positional++
			e.Args[i] = r.expr(arg, dirty)
		case *syntax.BinaryExpr:
			if arg.Op == syntax.EQ {
				arg.Y = r.expr(arg.Y, dirty)
				break
			}
			positional++
			e.Args[i] = r.expr(arg, dirty)
		default:
			positional++
			e.Args[i] = r.expr(arg, dirty)
		}
		dirty = dirty || before
	}
	if positional > maxArguments {
		r.fail(e.Lparen, "the call has %d positional arguments, the limit is %d", positional, maxArguments)
	}
}

// comprehension charges elements as they are added. A dict comprehension first collects pairs in a
// list, and then makes the dict from it.
func (r *rewriter) comprehension(e *syntax.Comprehension) syntax.Expr {
	for _, clause := range e.Clauses {
		switch clause := clause.(type) {
		case *syntax.ForClause:
			clause.X = r.expr(clause.X, true)
			clause.Vars = r.target(clause.Vars)
		case *syntax.IfClause:
			clause.Cond = r.expr(clause.Cond, true)
		}
	}
	if entry, ok := e.Body.(*syntax.DictEntry); ok {
		e.Curly = false
		e.Body = call("$pair", entry.Colon, r.expr(entry.Key, true), r.expr(entry.Value, true))
		return call("$dict", e.Lbrack, e)
	}
	e.Body = call("$elem", place(e.Body), r.expr(e.Body, true))
	return call("$empty", e.Lbrack, e)
}

// params rewrites the default values of parameters.
func (r *rewriter) params(params []syntax.Expr, dirty bool) {
	for _, param := range params {
		switch p := param.(type) {
		case *syntax.Ident:
			r.bind(p)
		case *syntax.BinaryExpr:
			r.bind(p.X.(*syntax.Ident))
			before := heavy(p.Y)
			p.Y = r.expr(p.Y, dirty)
			dirty = dirty || before
		case *syntax.UnaryExpr:
			if id, ok := p.X.(*syntax.Ident); ok {
				r.bind(id)
			}
		}
	}
}

// surplus lists the *args and **kwargs parameters of a function, whose values the interpreter
// builds.
func surplus(params []syntax.Expr, at syntax.Position) (names []syntax.Expr) {
	for _, param := range params {
		if star, ok := param.(*syntax.UnaryExpr); ok {
			if id, ok := star.X.(*syntax.Ident); ok {
				names = append(names, ident(id.Name, at))
			}
		}
	}
	return names
}

// place returns a position in e that can be found without a walk.
func place(e syntax.Expr) syntax.Position {
	switch e := e.(type) {
	case *syntax.Ident:
		return e.NamePos
	case *syntax.Literal:
		return e.TokenPos
	case *syntax.ParenExpr:
		return e.Lparen
	case *syntax.UnaryExpr:
		return e.OpPos
	case *syntax.BinaryExpr:
		return e.OpPos
	case *syntax.CondExpr:
		return e.If
	case *syntax.CallExpr:
		return e.Lparen
	case *syntax.DotExpr:
		return e.Dot
	case *syntax.IndexExpr:
		return e.Lbrack
	case *syntax.SliceExpr:
		return e.Lbrack
	case *syntax.ListExpr:
		return e.Lbrack
	case *syntax.DictExpr:
		return e.Lbrace
	case *syntax.DictEntry:
		return e.Colon
	case *syntax.Comprehension:
		return e.Lbrack
	case *syntax.LambdaExpr:
		return e.Lambda
	case *syntax.TupleExpr:
		if e.Lparen.IsValid() || len(e.List) == 0 {
			return e.Lparen
		}
		return place(e.List[0])
	}
	return syntax.Position{}
}
