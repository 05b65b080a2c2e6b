package lint

import (
	"fmt"
	"slices"

	"go.starlark.net/syntax"
)

// shape is how a function of the project may be called.
type shape struct {
	names      []string
	required   []string
	positional int // -1 = any number
	least      int
	keywords   bool // takes any name
}

func shapeOf(params []syntax.Expr) (s shape) {
	only := false // by name
	for _, p := range params {
		id := paramIdent(p)
		if u, ok := p.(*syntax.UnaryExpr); ok {
			switch {
			case u.Op == syntax.STARSTAR:
				s.keywords = true
			case id != nil:
				s.positional, only = -1, true
			default:
				only = true
			}
			continue
		}
		s.names = append(s.names, id.Name)
		if _, optional := p.(*syntax.BinaryExpr); !optional {
			s.required = append(s.required, id.Name)
			s.least++
		}
		if !only {
			s.positional++
		}
	}
	return s
}

// checkOwn checks the call of a function of the project.
func (f *file) checkOwn(call *syntax.CallExpr, def *syntax.DefStmt) {
	s := shapeOf(def.Params)
	has := make(map[string]bool)
	positional := 0
	for _, arg := range call.Args {
		switch arg := arg.(type) {
		case *syntax.UnaryExpr:
			if arg.Op == syntax.STAR || arg.Op == syntax.STARSTAR {
				return // how many there are is not known
			}
		case *syntax.BinaryExpr:
			if arg.Op == syntax.EQ {
				id := arg.X.(*syntax.Ident)
				if has[id.Name] = true; !s.keywords && !slices.Contains(s.names, id.Name) {
					s.required = nil // it may be the one that is missing
					f.at(id, Error, "argument", fmt.Sprintf("%s has no parameter %s%s", def.Name.Name, id.Name, didYouMean(id.Name, s.names)))
				}
				continue
			}
		}
		if positional < len(s.names) && (s.positional < 0 || positional < s.positional) {
			has[s.names[positional]] = true
		}
		if positional++; s.positional >= 0 && positional == s.positional+1 {
			f.at(arg, Error, "argument", fmt.Sprintf("%s takes %s by position", def.Name.Name, arguments(s.positional)))
		}
	}
	for _, name := range s.required {
		if !has[name] {
			f.at(call, Error, "argument", fmt.Sprintf("%s needs %s", def.Name.Name, name))
			return
		}
	}
}
