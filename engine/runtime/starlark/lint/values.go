package lint

import (
	"strings"

	"go.starlark.net/syntax"
)

// kindOf returns the kind of value that an expression gives: str, int, float, bool, None, list,
// dict, tuple, function, or a class of the surface; "" if it is unknown. value is the expression
// that makes it, which a variable may stand for.
func (f *file) kindOf(e syntax.Expr) (kind string, value syntax.Expr) {
	e = unparen(e)
	if id, ok := e.(*syntax.Ident); ok {
		v, at := f.origin(f.variable(id))
		switch {
		case v == nil:
			switch id.Name {
			case "True", "False":
				return "bool", e
			case "None":
				return "None", e
			}
			return "", e
		case v.mixed:
			return "", e
		case v.def != nil && len(v.values) == 0:
			return "function", e
		case v.def == nil && len(v.values) == 1 && !v.param:
			if _, again := unparen(v.values[0]).(*syntax.Ident); !again {
				return at.kindOf(v.values[0])
			}
		}
	}
	switch e := e.(type) {
	case *syntax.Literal:
		switch e.Token {
		case syntax.STRING:
			return "str", e
		case syntax.INT:
			return "int", e
		case syntax.FLOAT:
			return "float", e
		}
	case *syntax.ListExpr:
		return "list", e
	case *syntax.DictExpr:
		return "dict", e
	case *syntax.TupleExpr:
		return "tuple", e
	case *syntax.LambdaExpr:
		return "function", e
	case *syntax.Comprehension:
		if e.Curly {
			return "dict", e
		}
		return "list", e
	}
	switch class := f.classOf(e); {
	case class == "json" || class == "math" || class == "time":
	case strings.HasPrefix(class, "list["):
		return "list", e
	default:
		return class, e
	}
	return "", e
}

// constant returns the text of a literal string.
func constant(e syntax.Expr) (text string, ok bool) {
	l, literal := unparen(e).(*syntax.Literal)
	if !literal || l.Token != syntax.STRING {
		return "", false
	}
	text, ok = l.Value.(string)
	return text, ok
}

func withArticle(kind string) string {
	switch kind {
	case "None":
		return kind
	case "str":
		return "a string"
	case "Context":
		return "ctx"
	case "bool", "function", "list", "dict", "tuple", "float":
		return "a " + kind
	case "int", "Outcome", "Error":
		return "an " + strings.ToLower(kind)
	}
	return "a " + strings.ToLower(kind)
}

// didYouMean returns a question with the nearest name; "" if none is near.
func didYouMean(word string, names []string) string {
	if near := nearest(word, names); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

// nearest returns the name that a slip of the keyboard may have meant.
func nearest(word string, names []string) (near string) {
	best := min(len(word)/3, 3)
	for _, name := range names {
		if d := distance(word, name); d > 0 && d <= best && (near == "" || d < best) {
			near, best = name, d
		}
	}
	return near
}

// distance counts the letters to insert, delete, replace or swap with the next one.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 64 || len(y) > 64 {
		return 64
	}
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}
