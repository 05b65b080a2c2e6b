package starlark

import (
	"fmt"
	"strings"

	"go.starlark.net/syntax"
)

func (r *rewriter) block(stmts []syntax.Stmt) []syntax.Stmt {
	if len(stmts) == 0 {
		return stmts // nil means that there is no else branch
	}
	changed := make([]syntax.Stmt, 0, len(stmts))
	for _, s := range stmts {
		changed = append(changed, r.stmt(s)...)
	}
	return changed
}

// stmt rewrites a statement, into several if necessary.
func (r *rewriter) stmt(s syntax.Stmt) []syntax.Stmt {
	if !r.enter(stmtPlace(s)) {
		return []syntax.Stmt{s}
	}
	defer r.leave()
	switch s := s.(type) {
	case *syntax.ExprStmt:
		if _, doc := s.X.(*syntax.Literal); !doc {
			s.X = r.expr(s.X, false)
		}
	case *syntax.AssignStmt:
		return []syntax.Stmt{r.assign(s)}
	case *syntax.ReturnStmt:
		s.Result = r.expr(s.Result, false)
	case *syntax.IfStmt:
		s.Cond = r.expr(s.Cond, false)
		s.True, s.False = r.block(s.True), r.block(s.False)
	case *syntax.WhileStmt:
		s.Cond = r.expr(s.Cond, false)
		s.Body = r.block(s.Body)
	case *syntax.ForStmt:
		return r.loop(s)
	case *syntax.DefStmt:
		return r.def(s)
	case *syntax.LoadStmt:
		for i, id := range s.To {
			r.bind(id)
			if strings.HasPrefix(id.Name, "$") || strings.HasPrefix(s.From[i].Name, "$") {
				r.fail(id.NamePos, "%q is not a name", id.Name)
			}
			if len(s.From[i].Name) > maxAttribute {
				r.fail(id.NamePos, "the name has %d bytes, the limit is %d", len(s.From[i].Name), maxAttribute)
			}
		}
	}
	return []syntax.Stmt{s}
}

// loop keeps the iterated value in a local variable, because the account cannot see the
// interpreter's iterator.
func (r *rewriter) loop(s *syntax.ForStmt) []syntax.Stmt {
	s.X = r.expr(s.X, false)
	s.Vars = r.target(s.Vars)
	s.Body = r.block(s.Body)
	if r.inside == 0 {
		return []syntax.Stmt{s}
	}
	r.loops++
	name := fmt.Sprintf("$loop%d", r.loops)
	set := func(to syntax.Expr) syntax.Stmt {
		return &syntax.AssignStmt{OpPos: s.For, Op: syntax.EQ, LHS: ident(name, s.For), RHS: to}
	}
	before, after := set(s.X), set(ident("$none", s.For))
	s.X = ident(name, s.For)
	return []syntax.Stmt{before, s, after}
}

func (r *rewriter) def(s *syntax.DefStmt) []syntax.Stmt {
	r.bind(s.Name)
	r.function(s.Def)
	r.params(s.Params, false)
	r.inside++
	before := r.mark()
	s.Body = r.block(s.Body)
	deep := r.deep(before, s.Def)
	r.inside--
	if rest := surplus(s.Params, s.Def); len(rest) > 0 {
		s.Body = append([]syntax.Stmt{&syntax.ExprStmt{X: call("$rest", s.Def, rest...)}}, s.Body...)
	}
	if deep != nil {
		s.Body = append([]syntax.Stmt{&syntax.ExprStmt{X: deep}}, s.Body...)
	}
	if r.inside == 0 {
		return []syntax.Stmt{s}
	}
	return []syntax.Stmt{s, &syntax.ExprStmt{X: call("$closure", s.Def, ident(s.Name.Name, s.Name.NamePos))}}
}

// inPlace names the guards of the two operators that change their left operand; the other operators
// have no in-place form.
var inPlace = map[syntax.Token]string{syntax.PLUS: "$+=", syntax.PIPE: "$|="}

func (r *rewriter) assign(s *syntax.AssignStmt) syntax.Stmt {
	if s.Op == syntax.EQ {
		if pair, ok := unparen(s.RHS).(*syntax.TupleExpr); ok && isPattern(s.LHS) {
			pair.List = r.operands(false, pair.List...) // unpacked at once, so not charged
		} else {
			s.RHS = r.expr(s.RHS, false)
		}
		s.LHS = r.target(s.LHS)
		return s
	}
	op := s.Op - syntax.PLUS_EQ + syntax.PLUS
	guard := inPlace[op]
	if guard == "" {
		guard = binaryGuards[op]
	}
	switch lhs := unparen(s.LHS).(type) {
	case *syntax.Ident:
		r.bind(lhs)
		s.RHS = r.expr(s.RHS, false)
		if guard == "" || number(s.RHS) && (op == syntax.PLUS || op == syntax.MINUS) {
			return s
		}
		return &syntax.AssignStmt{OpPos: s.OpPos, Op: syntax.EQ, LHS: lhs, RHS: call(guard, s.OpPos, ident(lhs.Name, lhs.NamePos), s.RHS)}
	case *syntax.IndexExpr:
		// x[y] += z reads x[y], evaluates z, and writes, in this order.
		list := r.operands(false, lhs.X, lhs.Y)
		element := call("$element", lhs.Lbrack, list...)
		return &syntax.ExprStmt{X: call("$assign", s.OpPos, text(op.String(), s.OpPos), element, r.expr(s.RHS, true))}
	}
	r.fail(s.OpPos, "only variables and elements can be assigned to")
	return s
}

func isPattern(e syntax.Expr) bool {
	switch unparen(e).(type) {
	case *syntax.TupleExpr, *syntax.ListExpr:
		return true
	}
	return false
}

// target rewrites the left side of an assignment. x[y] = z grows a dict, so x is wrapped in a value
// that charges for it.
func (r *rewriter) target(e syntax.Expr) syntax.Expr {
	if !r.enter(place(e)) {
		return e
	}
	defer r.leave()
	switch e := e.(type) {
	case *syntax.Ident:
		r.bind(e)
	case *syntax.ParenExpr:
		e.X = r.target(e.X)
	case *syntax.TupleExpr:
		for i := range e.List {
			e.List[i] = r.target(e.List[i])
		}
	case *syntax.ListExpr:
		for i := range e.List {
			e.List[i] = r.target(e.List[i])
		}
	case *syntax.IndexExpr:
		e.X, e.Y = call("$slot", e.Lbrack, r.expr(e.X, true)), r.expr(e.Y, true)
	default:
		r.fail(place(e), "only variables and elements can be assigned to")
	}
	return e
}

func stmtPlace(s syntax.Stmt) syntax.Position {
	switch s := s.(type) {
	case *syntax.ExprStmt:
		return place(s.X)
	case *syntax.AssignStmt:
		return s.OpPos
	case *syntax.ReturnStmt:
		return s.Return
	case *syntax.IfStmt:
		return s.If
	case *syntax.WhileStmt:
		return s.While
	case *syntax.ForStmt:
		return s.For
	case *syntax.DefStmt:
		return s.Def
	case *syntax.LoadStmt:
		return s.Load
	case *syntax.BranchStmt:
		return s.TokenPos
	}
	return syntax.Position{}
}
