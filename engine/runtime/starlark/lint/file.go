package lint

import (
	"slices"
	"strings"

	"aion.dev/aion/engine/runtime/starlark/surface"
	"go.starlark.net/resolve"
	"go.starlark.net/syntax"
)

// file is one module.
type file struct {
	a       *Analysis
	name    string
	test    bool
	tree    *syntax.File
	vars    map[*syntax.Ident]*variable // by their first binding use
	calls   []*syntax.CallExpr
	dots    []*syntax.DotExpr
	idents  []*syntax.Ident
	parents map[syntax.Node]syntax.Node
}

// variable is what a name refers to.
type variable struct {
	first  *syntax.Ident
	values []syntax.Expr // what is assigned to it
	def    *syntax.DefStmt
	load   *syntax.LoadStmt
	from   string // the name that load asks for
	param  bool
	mixed  bool   // something else than values, def or load binds it: a loop, +=, a pattern
	class  string // of package surface, if it is a parameter
}

func newFile(a *Analysis, name string, tree *syntax.File, test bool) *file {
	f := &file{a: a, name: name, test: test, tree: tree, vars: make(map[*syntax.Ident]*variable), parents: make(map[syntax.Node]syntax.Node)}
	var inside []syntax.Node
	syntax.Walk(tree, func(n syntax.Node) bool {
		if n == nil {
			inside = inside[:len(inside)-1]
			return true
		}
		if len(inside) > 0 {
			f.parents[n] = inside[len(inside)-1]
		}
		inside = append(inside, n)
		f.note(n)
		return true
	})
	f.entries()
	return f
}

// note collects what a node binds.
func (f *file) note(n syntax.Node) {
	switch n := n.(type) {
	case *syntax.Ident:
		f.idents = append(f.idents, n)
	case *syntax.DotExpr:
		f.dots = append(f.dots, n)
	case *syntax.CallExpr:
		f.calls = append(f.calls, n)
	case *syntax.AssignStmt:
		if id, ok := unparen(n.LHS).(*syntax.Ident); ok {
			if v := f.bound(id); n.Op == syntax.EQ {
				v.values = append(v.values, n.RHS)
			} else {
				v.mixed = true
			}
			return
		}
		f.pattern(n.LHS)
	case *syntax.ForStmt:
		f.pattern(n.Vars)
	case *syntax.ForClause:
		f.pattern(n.Vars)
	case *syntax.DefStmt:
		if v := f.bound(n.Name); v.def == nil {
			v.def = n
		} else {
			v.mixed = true
		}
		f.params(n.Params)
	case *syntax.LambdaExpr:
		f.params(n.Params)
	case *syntax.LoadStmt:
		for i, to := range n.To {
			v := f.bound(to)
			v.load, v.from = n, n.From[i].Name
		}
	}
}

func (f *file) params(params []syntax.Expr) {
	for _, p := range params {
		if id := paramIdent(p); id != nil {
			v := f.bound(id)
			v.param = true
			_, v.mixed = p.(*syntax.UnaryExpr)
			if id.Name == "ctx" {
				v.class = "Context"
			} else if id.Name == "t" && f.test {
				v.class = "Test"
			}
		}
	}
}

// paramIdent returns the name of a parameter; nil of a lone *.
func paramIdent(p syntax.Expr) *syntax.Ident {
	switch p := p.(type) {
	case *syntax.Ident:
		return p
	case *syntax.BinaryExpr:
		return p.X.(*syntax.Ident)
	case *syntax.UnaryExpr:
		id, _ := p.X.(*syntax.Ident)
		return id
	}
	return nil
}

// pattern marks the names of a pattern as bound to unknown values.
func (f *file) pattern(e syntax.Expr) {
	switch e := unparen(e).(type) {
	case *syntax.Ident:
		f.bound(e).mixed = true
	case *syntax.TupleExpr:
		for _, x := range e.List {
			f.pattern(x)
		}
	case *syntax.ListExpr:
		for _, x := range e.List {
			f.pattern(x)
		}
	}
}

// bound returns the variable of a name that is bound here.
func (f *file) bound(id *syntax.Ident) *variable {
	first := firstOf(id)
	if f.vars[first] == nil {
		f.vars[first] = &variable{first: first}
	}
	return f.vars[first]
}

// firstOf returns the identifier that stands for a variable.
func firstOf(id *syntax.Ident) *syntax.Ident {
	if b, ok := id.Binding.(*resolve.Binding); ok && b != nil && b.First != nil {
		return b.First
	}
	return id
}

// variable returns what a name refers to; nil if nothing in the module binds it.
func (f *file) variable(id *syntax.Ident) *variable {
	if id == nil {
		return nil
	}
	return f.vars[firstOf(id)]
}

// builtin reports whether a name is one of the language's own.
func (f *file) builtin(id *syntax.Ident) bool {
	b, ok := id.Binding.(*resolve.Binding)
	return ok && b != nil && (b.Scope == resolve.Predeclared || b.Scope == resolve.Universal)
}

// entries gives the first parameter of entry functions and tests their class, whatever its name.
func (f *file) entries() {
	for _, s := range f.tree.Stmts {
		def, ok := s.(*syntax.DefStmt)
		if !ok || len(def.Params) == 0 {
			continue
		}
		class := ""
		for _, w := range f.a.project.Workflows {
			if w.EntryModule+".star" == f.name && w.EntryFunction == def.Name.Name {
				class = "Context"
			}
		}
		if f.test && strings.HasPrefix(def.Name.Name, "test_") {
			class = "Test"
		}
		if v := f.variable(paramIdent(def.Params[0])); class != "" && v != nil {
			v.class = class
		}
	}
}

// global returns the variable that a module has at its top level.
func (f *file) global(name string) *variable {
	for _, v := range f.vars {
		if b, ok := v.first.Binding.(*resolve.Binding); ok && b != nil && b.Scope == resolve.Global && v.first.Name == name {
			return v
		}
	}
	return nil
}

// globals lists the names that a module has at its top level.
func (f *file) globals() (names []string) {
	for _, v := range f.vars {
		if b, ok := v.first.Binding.(*resolve.Binding); ok && b != nil && b.Scope == resolve.Global {
			names = append(names, v.first.Name)
		}
	}
	slices.Sort(names)
	return names
}

// callee returns the function of the project that is called, and its module; nil if it is another
// thing, or not sure.
func (f *file) callee(fn syntax.Expr) (*syntax.DefStmt, *file) {
	id, ok := unparen(fn).(*syntax.Ident)
	if !ok {
		return nil, nil
	}
	v, at := f.origin(f.variable(id))
	if v == nil || v.def == nil || v.mixed || len(v.values) > 0 || v.param {
		return nil, nil
	}
	return v.def, at
}

// origin follows a variable through load to where it is defined.
func (f *file) origin(v *variable) (*variable, *file) {
	const most = 20
	at := f
	for range most {
		if v == nil || v.load == nil {
			return v, at
		}
		next := f.a.files[v.load.ModuleName()]
		if next == nil {
			return nil, nil
		}
		v, at = next.global(v.from), next
	}
	return nil, nil
}

// classOf returns the class of what an expression gives; "" if it is unknown.
func (f *file) classOf(e syntax.Expr) string { return f.classWithin(e, 20) }

func (f *file) classWithin(e syntax.Expr, depth int) string {
	if depth == 0 {
		return ""
	}
	switch e := unparen(e).(type) {
	case *syntax.Ident:
		if v := f.variable(e); v != nil {
			switch {
			case v.mixed || v.def != nil || v.load != nil:
				return ""
			case v.param && len(v.values) == 0:
				return v.class
			case !v.param && len(v.values) == 1:
				return f.classWithin(v.values[0], depth-1)
			}
			return ""
		}
		if class := surface.Classes[e.Name]; class != nil && f.builtin(e) {
			return e.Name // json, math, time
		}
	case *syntax.DotExpr:
		if m := f.member(e, depth); m != nil && !m.Func() {
			return known(m.Type)
		}
	case *syntax.CallExpr:
		if dot, ok := unparen(e.Fn).(*syntax.DotExpr); ok {
			if m := f.member(dot, depth); m != nil && m.Func() {
				return known(m.Type)
			}
		}
	case *syntax.IndexExpr:
		if elem, ok := strings.CutPrefix(f.classWithin(e.X, depth-1), "list["); ok {
			return strings.TrimSuffix(elem, "]")
		}
	}
	return ""
}

// known returns a type if it is a class, or a list of one.
func known(typ string) string {
	if surface.Classes[typ] != nil || strings.HasPrefix(typ, "list[") {
		return typ
	}
	return ""
}

// member returns what x.name is; nil if it is unknown.
func (f *file) member(dot *syntax.DotExpr, depth int) *surface.Member {
	class := surface.Classes[f.classWithin(dot.X, depth-1)]
	if class == nil {
		return nil
	}
	return class.Find(dot.Name.Name)
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
