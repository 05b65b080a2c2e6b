package starlark

import (
	"fmt"

	"aion.dev/aion/engine/runtime"
	"go.starlark.net/syntax"
)

// The interpreter evaluates operators itself: one repeat may build a gigabyte, one comparison may
// take forever, and nothing can stop it from outside. So the syntax tree is changed before it is
// compiled: operations that can be long or large become calls of guards (guards.go), whose names
// start with "$" and so cannot appear in source. Operations that literal operands keep small stay
// as they are. Every operation keeps its position, which errors report.
//
// The walk also bounds the depth of the tree, because all later passes recurse over it, and records
// the clean calls, which measure.go needs.

// rewriter changes one file.
type rewriter struct {
	file      *syntax.File
	clean     map[site]bool
	recursion bool // functions may call themselves, so calls have to be bounded
	functions int
	nodes     int // visited so far
	calls     int // that the source has, visited so far
	loops     int
	depth     int
	inside    int // nesting of functions
	err       *runtime.PackageError
}

// site is the position of a call. A call is clean if its function has no temporary value on its
// operand stack during the call: then the function's local variables hold everything that it keeps.
type site struct {
	file      string
	line, col int32
}

func siteOf(p syntax.Position) site { return site{p.Filename(), p.Line, p.Col} }

// rewrite changes file in place.
func (r *rewriter) rewrite() error {
	r.file.Stmts = r.block(r.file.Stmts)
	if r.err != nil {
		return r.err
	}
	return nil
}

func (r *rewriter) fail(at syntax.Position, format string, args ...any) {
	if r.err == nil {
		r.err = &runtime.PackageError{Module: r.file.Path, Line: int(at.Line), Column: int(at.Col), Reason: fmt.Sprintf(format, args...)}
	}
}

// enter bounds the depth of the tree. If it returns false the walk must turn back; if it returns
// true, call leave later.
func (r *rewriter) enter(at syntax.Position) bool {
	if r.err != nil {
		return false
	}
	r.nodes++
	if r.depth++; r.depth > maxNesting {
		r.fail(at, "the code is nested deeper than %d levels (a chain of operators, calls or elifs counts too)", maxNesting)
		return false
	}
	return true
}

func (r *rewriter) leave() { r.depth-- }

// bind checks a name that code binds. None, True and False keep their meaning, because comparisons
// with them are not guarded.
func (r *rewriter) bind(id *syntax.Ident) {
	switch id.Name {
	case "None", "True", "False":
		r.fail(id.NamePos, "%s cannot be redefined", id.Name)
	}
}

// function counts a def or lambda.
func (r *rewriter) function(at syntax.Position) {
	if r.functions++; r.functions > maxFunctions {
		r.fail(at, "the package has more than %d functions", maxFunctions)
	}
}

// call makes a call of a guard at a position.
func call(guard string, at syntax.Position, args ...syntax.Expr) *syntax.CallExpr {
	return &syntax.CallExpr{Fn: ident(guard, at), Lparen: at, Args: args, Rparen: at}
}

func ident(name string, at syntax.Position) *syntax.Ident {
	return &syntax.Ident{NamePos: at, Name: name}
}

func text(s string, at syntax.Position) *syntax.Literal {
	return &syntax.Literal{Token: syntax.STRING, TokenPos: at, Raw: `""`, Value: s}
}

func unparen(e syntax.Expr) syntax.Expr {
	for {
		p, ok := e.(*syntax.ParenExpr)
		if !ok {
			return e
		}
		e = p.X
	}
}

// heavy reports whether the value of e may be kept by nothing but the operand stack. A local
// variable keeps its value during an expression, and so does an attribute of it, because structs
// are immutable.
func heavy(e syntax.Expr) bool {
	switch e := unparen(e).(type) {
	case *syntax.Literal, *syntax.Ident:
		return false
	case *syntax.DotExpr:
		_, variable := unparen(e.X).(*syntax.Ident)
		return !variable
	case *syntax.BinaryExpr:
		if e.Op == syntax.EQ { // a named argument
			return heavy(e.Y)
		}
	}
	return true
}

// number reports whether e is a literal number, which the walk has already found small.
func number(e syntax.Expr) bool {
	switch e := unparen(e).(type) {
	case *syntax.Literal:
		return e.Token == syntax.INT || e.Token == syntax.FLOAT
	case *syntax.UnaryExpr:
		return (e.Op == syntax.MINUS || e.Op == syntax.PLUS) && number(e.X)
	}
	return false
}

// simple reports whether comparing with e is fast.
func simple(e syntax.Expr) bool {
	switch e := unparen(e).(type) {
	case *syntax.Literal:
		s, ok := e.Value.(string)
		return !ok || len(s) <= 256
	case *syntax.Ident:
		return e.Name == "None" || e.Name == "True" || e.Name == "False"
	}
	return number(e)
}
