package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime/starlark/surface"
	"go.starlark.net/syntax"
)

// Place is a name in a module. Lines and columns count from 1, columns in characters.
type Place struct {
	Module            string
	Line, Column, End int
}

func placeOf(module string, id *syntax.Ident) Place {
	return Place{module, int(id.NamePos.Line), int(id.NamePos.Col), int(id.NamePos.Col) + len([]rune(id.Name))}
}

// identAt returns the name at a place; nil if there is none.
func (a *Analysis) identAt(module string, line, column int) (*file, *syntax.Ident) {
	f := a.files[module]
	if f == nil {
		return nil, nil
	}
	for _, id := range f.idents {
		if p := placeOf(module, id); p.Line == line && p.Column <= column && column <= p.End {
			return f, id
		}
	}
	return f, nil
}

// Hover tells what the name at a place is: how it is written, and a text about it.
func (a *Analysis) Hover(module string, line, column int) (code, text string, at Place) {
	f, id := a.identAt(module, line, column)
	if id == nil {
		return "", "", at
	}
	at = placeOf(module, id)
	switch p := f.parents[id].(type) {
	case *syntax.DotExpr:
		if p.Name == id {
			class := f.classOf(p.X)
			if m := f.member(p, 20); m != nil {
				return called(class) + "." + m.Signature(), m.Doc, at
			}
			return "", "", at
		}
	case *syntax.BinaryExpr:
		if call, ok := f.parents[p].(*syntax.CallExpr); ok && p.Op == syntax.EQ && p.X == syntax.Expr(id) {
			if m := f.calledMember(call); m != nil && m.Param(id.Name) != nil {
				return m.Param(id.Name).String(), m.Doc, at
			}
			return "", "", at
		}
	}
	if v, from := f.origin(f.variable(id)); v != nil {
		if v.def != nil {
			return "def " + v.def.Name.Name + "(" + writtenParams(v.def.Params) + ")", docOf(v.def), at
		}
		if class := surface.Classes[from.classOf(v.first)]; class != nil {
			return id.Name + ": " + class.Name, class.Doc, at
		}
		if kind, _ := from.kindOf(v.first); kind != "" {
			return id.Name + ": " + kind, "", at
		}
		return "", "", at
	}
	if f.builtin(id) {
		if m := surface.Builtins.Find(id.Name); m != nil {
			return m.Signature(), m.Doc, at
		}
		if class := surface.Classes[id.Name]; class != nil {
			return "module " + class.Name, class.Doc, at
		}
	}
	return "", "", at
}

// calledMember returns the function of the surface that a call is of; nil if it is another.
func (f *file) calledMember(call *syntax.CallExpr) *surface.Member {
	if dot, ok := unparen(call.Fn).(*syntax.DotExpr); ok {
		return f.member(dot, 20)
	}
	return nil
}

func writtenParams(params []syntax.Expr) string {
	words := make([]string, len(params))
	for i, p := range params {
		switch id := paramIdent(p); p := p.(type) {
		case *syntax.Ident:
			words[i] = id.Name
		case *syntax.BinaryExpr:
			words[i] = id.Name + " = ..."
			if text, ok := p.Y.(*syntax.Literal); ok {
				words[i] = id.Name + " = " + text.Raw
			} else if name, ok := p.Y.(*syntax.Ident); ok {
				words[i] = id.Name + " = " + name.Name
			}
		case *syntax.UnaryExpr:
			words[i] = p.Op.String()
			if id != nil {
				words[i] += id.Name
			}
		}
	}
	return strings.Join(words, ", ")
}

// docOf returns the text at the beginning of a function.
func docOf(def *syntax.DefStmt) string {
	if s, ok := def.Body[0].(*syntax.ExprStmt); ok {
		text, _ := constant(s.X)
		return strings.TrimSpace(text)
	}
	return ""
}

// Definition returns where the name at a place is defined.
func (a *Analysis) Definition(module string, line, column int) (Place, bool) {
	f, id := a.identAt(module, line, column)
	if id == nil {
		return Place{}, false
	}
	if dot, ok := f.parents[id].(*syntax.DotExpr); ok && dot.Name == id {
		return Place{}, false
	}
	v, from := f.origin(f.variable(id))
	if v == nil {
		return Place{}, false
	}
	return placeOf(from.name, v.first), true
}

// Completion is a word that may stand at a place.
type Completion struct {
	Label  string
	Kind   Kind
	Detail string
	Doc    string
}

// Kind is what a completion is.
type Kind int

// The kinds.
const (
	Variable Kind = iota
	Function
	Field
	Argument
	Text // inside of a string
)

// cursor marks a place in code that is still being written.
const cursor = "AION_CURSOR"

// Complete lists what may stand at an offset of a module that is being written. What stands before
// it on the line need not be complete.
func Complete(p Project, module string, offset int) []Completion {
	for _, list := range [][]catalog.Module{p.Modules, p.Tests} {
		for i, m := range list {
			if m.Name != module || offset > len(m.Source) {
				continue
			}
			for _, source := range repairs(string(m.Source), offset) {
				changed := slices.Clone(list)
				changed[i].Source = []byte(source)
				q := p
				if &list[0] == &first(p.Modules)[0] {
					q.Modules = changed
				} else {
					q.Tests = changed
				}
				if f := Analyze(q).files[module]; f != nil {
					return f.completions()
				}
			}
		}
	}
	return nil
}

func first(list []catalog.Module) []catalog.Module {
	if len(list) == 0 {
		return make([]catalog.Module, 1)
	}
	return list
}

// repairs returns what the module may be when the line is finished, the likeliest first.
func repairs(source string, offset int) []string {
	before, after := source[:offset], source[offset:]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	rest := after
	if i := strings.IndexByte(after, '\n'); i >= 0 {
		rest = after[i:]
	} else {
		rest = ""
	}
	closed := before + cursor + closers(line)
	return []string{before + cursor + after, closed + rest, closed + ": pass" + rest, before + cursor + closers(before) + rest}
}

// closers returns what closes the strings and brackets that a text leaves open.
func closers(text string) string {
	var open []byte
	var quote byte
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote || c == '\n' {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '#':
			for i < len(text) && text[i] != '\n' {
				i++
			}
		case c == '(':
			open = append(open, ')')
		case c == '[':
			open = append(open, ']')
		case c == '{':
			open = append(open, '}')
		case (c == ')' || c == ']' || c == '}') && len(open) > 0:
			open = open[:len(open)-1]
		}
	}
	slices.Reverse(open)
	if quote != 0 {
		return string(quote) + string(open)
	}
	return string(open)
}

// completions lists what may stand at the cursor.
func (f *file) completions() []Completion {
	for _, dot := range f.dots {
		if strings.Contains(dot.Name.Name, cursor) {
			return f.members(dot)
		}
	}
	for _, id := range f.idents {
		if strings.Contains(id.Name, cursor) {
			return f.words(id)
		}
	}
	for _, call := range f.calls {
		for i, arg := range call.Args {
			if text, ok := constant(arg); ok && strings.Contains(text, cursor) {
				return f.texts(call, i)
			}
		}
	}
	return nil
}

func (f *file) members(dot *syntax.DotExpr) (list []Completion) {
	class := surface.Classes[f.classOf(dot.X)]
	if class == nil {
		return nil
	}
	for _, m := range class.Members {
		kind := Field
		if m.Func() {
			kind = Function
		}
		list = append(list, Completion{m.Name, kind, m.Signature(), m.Doc})
	}
	return list
}

// words lists the names that can be seen at a name.
func (f *file) words(at *syntax.Ident) (list []Completion) {
	inside := make(map[syntax.Node]bool)
	for n := syntax.Node(at); n != nil; n = f.parents[n] {
		inside[n] = true
		if call, ok := n.(*syntax.CallExpr); ok {
			if m := f.calledMember(call); m != nil && len(list) == 0 {
				for _, p := range m.Params {
					list = append(list, Completion{p.Name + " = ", Argument, p.String(), ""})
				}
			}
		}
	}
	for first, v := range f.vars {
		if strings.Contains(first.Name, cursor) || !f.sees(inside, first) {
			continue
		}
		c := Completion{Label: first.Name, Kind: Variable}
		if v, _ := f.origin(v); v != nil && v.def != nil {
			c.Kind, c.Detail, c.Doc = Function, first.Name+"("+writtenParams(v.def.Params)+")", docOf(v.def)
		} else if class := f.classOf(first); class != "" {
			c.Detail = class
		}
		list = append(list, c)
	}
	for _, m := range surface.Builtins.Members {
		if m.ABI() <= f.a.project.ABI {
			list = append(list, Completion{m.Name, Function, m.Signature(), m.Doc})
		}
	}
	for _, name := range []string{"json", "math", "time"} {
		list = append(list, Completion{name, Variable, "module", surface.Classes[name].Doc})
	}
	slices.SortStableFunc(list, func(x, y Completion) int { return cmp.Compare(x.Label, y.Label) })
	return list
}

// sees reports whether a variable is one of the module, or of a function around the place.
func (f *file) sees(inside map[syntax.Node]bool, first *syntax.Ident) bool {
	for n := f.parents[first]; n != nil; n = f.parents[n] {
		switch n := n.(type) {
		case *syntax.DefStmt:
			if n.Name != first {
				return inside[n]
			}
		case *syntax.LambdaExpr, *syntax.Comprehension:
			return inside[n]
		}
	}
	return true
}

// texts lists the names that may stand in a string argument.
func (f *file) texts(call *syntax.CallExpr, i int) (list []Completion) {
	m := f.calledMember(call)
	if m == nil || i > 0 {
		return nil
	}
	switch {
	case strings.HasSuffix(m.Name, "activity") || m.Name == "calls":
		for _, name := range f.a.project.Activities {
			list = append(list, Completion{name, Text, "activity", ""})
		}
	case strings.HasSuffix(m.Name, "child") || m.Name == "start":
		for _, w := range f.a.project.Workflows {
			list = append(list, Completion{w.Type, Text, fmt.Sprintf("workflow type, %s.star", w.EntryModule), ""})
		}
	}
	return list
}
