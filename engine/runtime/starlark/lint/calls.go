package lint

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/engine/runtime/starlark/surface"
	"go.starlark.net/syntax"
)

// check looks for mistakes in a module.
func (f *file) check() {
	for _, dot := range f.dots {
		f.checkMember(dot)
	}
	for _, call := range f.calls {
		if dot, ok := unparen(call.Fn).(*syntax.DotExpr); ok {
			class := f.classOf(dot.X)
			if m := f.member(dot, 20); m != nil && m.Func() {
				f.checkCall(call, class, m)
			} else if m != nil && surface.Classes[class] != nil {
				f.at(dot.Name, Error, "call", fmt.Sprintf("%s.%s is a field, not a function", called(class), m.Name))
			}
			continue
		}
		if def, _ := f.callee(call.Fn); def != nil {
			f.checkOwn(call, def)
		}
	}
	f.checkLoads()
	f.checkState()
}

// checkLoads checks that what is loaded is there.
func (f *file) checkLoads() {
	var modules []string
	for _, m := range slices.Concat(f.a.project.Modules, f.a.project.Tests) {
		modules = append(modules, m.Name)
	}
	for _, s := range f.tree.Stmts {
		load, ok := s.(*syntax.LoadStmt)
		if !ok || f.a.project.Alone {
			continue
		}
		if !slices.Contains(modules, load.ModuleName()) {
			f.at(load.Module, Error, "load", fmt.Sprintf("the project has no module %q%s", load.ModuleName(), didYouMean(load.ModuleName(), modules)))
			continue
		}
		from := f.a.files[load.ModuleName()]
		for _, id := range load.From {
			if from != nil && from.global(id.Name) == nil {
				f.at(id, Error, "load", fmt.Sprintf("%s has no %s%s", from.name, id.Name, didYouMean(id.Name, from.globals())))
			}
		}
	}
}

// called is what authors call a value of a class.
func called(class string) string {
	switch class {
	case "Context":
		return "ctx"
	case "Test":
		return "t"
	case "Info":
		return "ctx.info"
	}
	return strings.ToLower(class)
}

// checkMember checks that there is such a member.
func (f *file) checkMember(dot *syntax.DotExpr) {
	name := f.classOf(dot.X)
	class := surface.Classes[name]
	if class == nil || class.Find(dot.Name.Name) != nil {
		return
	}
	f.at(dot.Name, Error, "member", fmt.Sprintf("%s has no .%s%s", called(name), dot.Name.Name, didYouMean(dot.Name.Name, class.Names())))
}

// given is an argument of a call, and the parameter that it is for.
type given struct {
	param *surface.Param
	value syntax.Expr
}

// checkCall checks the call of a function of the surface.
func (f *file) checkCall(call *syntax.CallExpr, class string, m *surface.Member) {
	what := called(class) + "." + m.Name
	var all []given
	positional, sure := 0, true
	has := make(map[string]bool)
	for _, arg := range call.Args {
		switch arg := arg.(type) {
		case *syntax.UnaryExpr:
			if arg.Op == syntax.STAR || arg.Op == syntax.STARSTAR {
				sure = false
				continue
			}
		case *syntax.BinaryExpr:
			if arg.Op != syntax.EQ {
				break
			}
			id := arg.X.(*syntax.Ident)
			p := m.Param(id.Name)
			switch {
			case p == nil && !m.Keyword:
				var names []string
				for _, p := range m.Params {
					names = append(names, p.Name)
				}
				sure = false // it may be the one that is missing
				f.at(id, Error, "argument", fmt.Sprintf("%s has no parameter %s%s", what, id.Name, didYouMean(id.Name, names)))
			case has[id.Name]:
				f.at(id, Error, "argument", fmt.Sprintf("%s gets %s twice", what, id.Name))
			case p != nil:
				all = append(all, given{p, arg.Y})
			}
			has[id.Name] = true
			continue
		}
		if positional < len(m.Params) {
			p := &m.Params[positional]
			all, has[p.Name] = append(all, given{p, arg}), true
		}
		positional++
	}
	if positional > len(m.Params) && !m.Variad {
		f.at(call.Args[len(m.Params)], Error, "argument", fmt.Sprintf("%s takes %s, and gets %d by position", what, arguments(len(m.Params)), positional))
	}
	for _, p := range m.Params {
		if sure && !p.Optional && !has[p.Name] {
			f.at(call, Error, "argument", fmt.Sprintf("%s needs %s: %s", what, p.Name, m.Signature()))
			break
		}
	}
	for _, g := range all {
		f.checkType(what, g)
	}
	f.checkNames(class, m, all)
}

func arguments(n int) string {
	switch n {
	case 0:
		return "no arguments"
	case 1:
		return "1 argument"
	}
	return strconv.Itoa(n) + " arguments"
}

// checkType checks what is known of an argument against the type of its parameter.
func (f *file) checkType(what string, g given) {
	typ, optional := strings.CutSuffix(g.param.Type, " | None")
	kind, value := f.kindOf(g.value)
	if kind == "" || kind == "None" && optional {
		return
	}
	wrong := func(want string) {
		f.at(g.value, Error, "type", fmt.Sprintf("%s: %s is %s, want %s", what, g.param.Name, withArticle(kind), want))
	}
	switch {
	case typ == "Duration":
		text, literal := constant(value)
		switch {
		case kind != "str":
			wrong(`a duration such as "1m30s"`)
		case literal:
			if d, err := time.ParseDuration(text); err != nil {
				f.at(g.value, Error, "type", fmt.Sprintf("%s: %s is %q, want a duration such as \"1m30s\"", what, g.param.Name, text))
			} else if d < 0 {
				f.at(g.value, Error, "type", fmt.Sprintf("%s: %s is negative", what, g.param.Name))
			}
		}
	case strings.HasPrefix(typ, "Literal["):
		words := strings.Split(strings.NewReplacer("Literal[", "", "]", "", `"`, "").Replace(typ), ", ")
		text, literal := constant(value)
		switch {
		case kind != "str":
			wrong("one of " + strings.Join(words, ", "))
		case literal && !slices.Contains(words, text):
			f.at(g.value, Error, "type", fmt.Sprintf("%s: %s is %q, want one of %s%s", what, g.param.Name, text, strings.Join(words, ", "), didYouMean(text, words)))
		}
	case typ == "Callable":
		if kind != "function" {
			wrong("a function")
		}
	case typ == "Sequence[Future]":
		f.checkFutures(what, g, kind, value, wrong)
	case typ == "Retry":
		if kind != "dict" {
			wrong("a dict such as {\"max_attempts\": 5}")
		} else if dict, ok := value.(*syntax.DictExpr); ok {
			f.checkRetry(what, dict)
		}
	case typ == "Json":
		if kind == "function" || kind == "Future" || kind == "Context" {
			wrong("a JSON value")
		}
	case typ == "str" || typ == "dict" || typ == "int" || typ == "bool":
		if kind != typ {
			wrong(withArticle(typ))
		}
	case typ == "float":
		if kind != "float" && kind != "int" {
			wrong("a number")
		}
	}
}

func (f *file) checkFutures(what string, g given, kind string, value syntax.Expr, wrong func(string)) {
	switch kind {
	case "Future":
		wrong("a list of futures: write [...]")
	case "list", "tuple":
		var elems []syntax.Expr
		switch v := value.(type) {
		case *syntax.ListExpr:
			elems = v.List
		case *syntax.TupleExpr:
			elems = v.List
		}
		for _, e := range elems {
			if kind, _ := f.kindOf(e); kind != "" && kind != "Future" {
				f.at(e, Error, "type", fmt.Sprintf("%s: want futures, such as ctx.start_activity(...), got %s", what, withArticle(kind)))
			} else if f.waits(e) {
				f.at(e, Error, "type", fmt.Sprintf("%s: want futures; this call has waited and gives the result itself: use its start_ form", what))
			}
		}
	default:
		wrong("a list of futures")
	}
}

// waits reports whether an expression calls a method of ctx that waits, where a future is wanted.
func (f *file) waits(e syntax.Expr) bool {
	call, ok := unparen(e).(*syntax.CallExpr)
	if !ok {
		return false
	}
	dot, ok := unparen(call.Fn).(*syntax.DotExpr)
	return ok && f.classOf(dot.X) == "Context" && slices.Contains([]string{"activity", "child", "sleep", "signal", "try_activity", "try_child"}, dot.Name.Name)
}

func (f *file) checkRetry(what string, dict *syntax.DictExpr) {
	class := surface.Classes["Retry"]
	for _, e := range dict.List {
		entry := e.(*syntax.DictEntry)
		name, ok := constant(entry.Key)
		if !ok {
			continue
		}
		m := class.Find(name)
		if m == nil {
			f.at(entry.Key, Error, "argument", fmt.Sprintf("%s: retry has no %s%s", what, name, didYouMean(name, class.Names())))
			continue
		}
		f.checkType(what+": retry", given{&surface.Param{Name: name, Type: m.Type}, entry.Value})
	}
}

// checkNames checks the names of activities and workflow types that are written out, and how many
// arguments handlers take.
func (f *file) checkNames(class string, m *surface.Member, all []given) {
	for _, g := range all {
		switch {
		case g.param.Type == "Callable" || strings.HasPrefix(g.param.Type, "Callable |"):
			f.checkHandler(class, m, g)
			continue
		case f.a.project.Alone || g.param != &m.Params[0]:
			continue
		}
		_, value := f.kindOf(g.value)
		name, ok := constant(value)
		if !ok {
			continue
		}
		declared := f.a.project.Activities
		switch {
		case strings.HasSuffix(m.Name, "activity") || class == "Test" && m.Name == "calls":
			if !slices.Contains(declared, name) {
				f.at(g.value, Error, "activity", fmt.Sprintf("activity %q is not declared: add it to activities in workflow.toml%s", name, didYouMean(name, declared)))
			}
		case strings.HasSuffix(m.Name, "child") || class == "Test" && m.Name == "start":
			f.checkWorkflowType(class, name, g.value, all)
		}
	}
}

// checkWorkflowType checks a type of a child. Other packages may carry it, so only what cannot be
// meant is an error.
func (f *file) checkWorkflowType(class, name string, at syntax.Expr, all []given) {
	var types []string
	for _, w := range f.a.project.Workflows {
		types = append(types, w.Type)
	}
	if slices.Contains(types, name) {
		return
	}
	hint := didYouMean(name, types)
	for _, g := range all {
		if _, value := f.kindOf(g.value); g.param.Name == "version" {
			if word, _ := constant(value); word == "parent" {
				f.at(at, Error, "workflow-type", fmt.Sprintf("this package carries no workflow type %q, and version is \"parent\"%s", name, hint))
				return
			}
		}
	}
	switch {
	case class == "Test":
		f.at(at, Error, "workflow-type", fmt.Sprintf("this project has no workflow type %q%s", name, hint))
	case hint != "":
		f.at(at, Warning, "workflow-type", fmt.Sprintf("this package carries no workflow type %q%s", name, hint))
	}
}

// checkHandler checks that a function can be called as its host will call it.
func (f *file) checkHandler(class string, m *surface.Member, g given) {
	if class != "Context" {
		return
	}
	most, forms := 1, "one argument or none"
	if m.Name == "until" {
		most, forms = 0, "no argument"
	}
	var params []syntax.Expr
	switch fn := unparen(g.value).(type) {
	case *syntax.LambdaExpr:
		params = fn.Params
	default:
		def, _ := f.callee(g.value)
		if def == nil {
			return
		}
		params = def.Params
	}
	if s := shapeOf(params); s.least > most {
		f.at(g.value, Error, "handler", fmt.Sprintf("ctx.%s calls %s with %s, and it needs %d", m.Name, g.param.Name, forms, s.least))
	}
}
