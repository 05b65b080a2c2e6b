package lint

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.starlark.net/syntax"
)

// Code keeps its state in dicts: state = {"stage": "asked"}. A key that is misspelt where it is
// written changes nothing that anybody reads; where it is read it ends the run. checkState finds
// keys that are only read, if all places that write can be seen, and keys that are only written and
// look like another one.
func (f *file) checkState() {
	uses := make(map[*variable][]*syntax.Ident)
	for _, id := range f.idents {
		if v := f.variable(id); v != nil && len(v.values) == 1 && !v.mixed && !v.param && v.def == nil && v.load == nil {
			uses[v] = append(uses[v], id)
		}
	}
	for v, ids := range uses {
		dict, ok := unparen(v.values[0]).(*syntax.DictExpr)
		if !ok {
			continue
		}
		if k := f.keysOf(dict, ids); k != nil {
			f.reportKeys(v.first.Name, k)
		}
	}
}

// keys is what is done with the keys of one dict.
type keys struct {
	initial []string
	written map[string]syntax.Node // after it was made
	read    map[string]syntax.Node // with [...], which fails if there is none
	asked   map[string]bool        // with get, in and the like, which does not
	leaks   bool                   // something unknown may write
}

// keysOf collects the uses of a dict's keys; nil if its keys cannot be known.
func (f *file) keysOf(dict *syntax.DictExpr, ids []*syntax.Ident) *keys {
	k := &keys{written: make(map[string]syntax.Node), read: make(map[string]syntax.Node), asked: make(map[string]bool)}
	for _, e := range dict.List {
		key, ok := constant(e.(*syntax.DictEntry).Key)
		if !ok {
			return nil
		}
		k.initial = append(k.initial, key)
	}
	if len(k.initial) == 0 {
		return nil // keys are data, not names
	}
	for _, id := range ids {
		if !f.noteUse(k, id) {
			return nil
		}
	}
	return k
}

// noteUse notes one use of a dict. It returns false if a key is not written out.
func (f *file) noteUse(k *keys, id *syntax.Ident) bool {
	switch p := f.parents[id].(type) {
	case *syntax.AssignStmt:
		if p.LHS == syntax.Expr(id) {
			return true // where it is made
		}
		k.leaks = true // another name for it
	case *syntax.IndexExpr:
		if p.X != syntax.Expr(id) {
			break
		}
		key, ok := constant(p.Y)
		if !ok {
			return false
		}
		if assign, ok := f.parents[p].(*syntax.AssignStmt); ok && assign.LHS == syntax.Expr(p) {
			if assign.Op == syntax.EQ {
				k.written[key] = p.Y
				return true
			}
		} else if f.inPattern(p) {
			k.written[key] = p.Y
			return true
		}
		if k.read[key] == nil {
			k.read[key] = p.Y
		}
	case *syntax.DotExpr:
		call, ok := f.parents[p].(*syntax.CallExpr)
		if !ok || call.Fn != syntax.Expr(p) {
			return false
		}
		switch p.Name.Name {
		case "get":
			if len(call.Args) == 0 {
				return false
			}
			key, ok := constant(call.Args[0])
			if !ok {
				return false
			}
			k.asked[key] = true
		case "keys", "values", "items":
		default: // update, setdefault, pop, clear: what is left then is not followed
			k.leaks = true
		}
	case *syntax.BinaryExpr:
		if p.Op == syntax.IN || p.Op == syntax.NOT_IN {
			if key, ok := constant(p.X); ok && p.Y == syntax.Expr(id) {
				k.asked[key] = true
			}
			return true
		}
		k.leaks = true
	case *syntax.LambdaExpr, *syntax.ReturnStmt: // it is shown to a reader
	default:
		k.leaks = true
	}
	return true
}

// inPattern reports whether an element is assigned to in a pattern or by a loop.
func (f *file) inPattern(e syntax.Node) bool {
	for {
		switch p := f.parents[e].(type) {
		case *syntax.TupleExpr:
			e = p
		case *syntax.ListExpr:
			e = p
		case *syntax.ParenExpr:
			e = p
		case *syntax.AssignStmt:
			return syntax.Node(p.LHS) == e
		case *syntax.ForStmt:
			return syntax.Node(p.Vars) == e
		default:
			return false
		}
	}
}

func (f *file) reportKeys(name string, k *keys) {
	var known []string
	known = append(known, k.initial...)
	known = append(known, slices.Sorted(maps.Keys(k.written))...)
	for key, at := range k.read {
		if !k.leaks && !slices.Contains(known, key) && !k.asked[key] {
			f.at(at, Error, "state", fmt.Sprintf("%s[%q] is read, and nothing ever writes it%s", name, key, didYouMean(key, known)))
		}
	}
	for key, at := range k.written {
		if slices.Contains(k.initial, key) || k.read[key] != nil || k.asked[key] {
			continue
		}
		if near := nearest(key, k.initial); near != "" && !sameButDigits(key, near) {
			f.at(at, Warning, "state", fmt.Sprintf("%s[%q] is written here and never read; did you mean %s?", name, key, near))
		}
	}
}

// sameButDigits reports whether two names differ in numbers only, as step1 and step2 do.
func sameButDigits(a, b string) bool {
	strip := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return -1
			}
			return r
		}, s)
	}
	return strip(a) == strip(b)
}
