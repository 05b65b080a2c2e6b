package fsm

import (
	"go/ast"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// unremembered are refusals without a number: no request ends with them.
var unremembered = map[string]string{
	"fsm.NodeRemoved":     "nodes announce themselves without a request id",
	"fsm.Overtaken":       "asks the engine to look again and propose anew",
	"fsm.Recheck":         "asks the engine to look again and propose anew",
	"fsm.RequestMismatch": "is about the table of request ids itself",
	"fsm.RequestsFull":    "is about the table of request ids itself",
	"fsm.RunCloses":       "asks the caller to repeat the request",
	"fsm.TreeCloses":      "asks the caller to repeat the request",
}

// TestEveryOutcomeHasANumber reads the source: a new answer or refusal needs a number, or a reason
// to have none. Without one, a request that ends with it panics on every node.
func TestEveryOutcomeHasANumber(t *testing.T) {
	have := map[string]bool{}
	for _, make := range outcomes {
		if make != nil {
			have[reflect.TypeOf(make()).Elem().String()] = true
		}
	}
	found := 0
	for dir, room := range map[string]string{".": "fsm", "../catalog": "catalog"} {
		for _, name := range typesWith(t, dir, "Code", "answer") {
			found++
			name = room + "." + name
			if reason := unremembered[name]; have[name] == (reason != "") {
				t.Errorf("%s: has a number: %v; reason to have none: %q", name, have[name], reason)
			}
		}
	}
	if want := len(have) + len(unremembered); found != want {
		t.Errorf("the source has %d answers and refusals, the tables %d", found, want)
	}
}

// typesWith lists the exported types in dir that have one of the methods on their pointers.
func typesWith(t *testing.T, dir string, methods ...string) []string {
	names := map[string]bool{}
	for _, f := range parsed(t, dir) {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || !slices.Contains(methods, fn.Name.Name) {
				continue
			}
			if star, ok := fn.Recv.List[0].Type.(*ast.StarExpr); ok && ast.IsExported(star.X.(*ast.Ident).Name) {
				names[star.X.(*ast.Ident).Name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// TestEveryKindHasARow reads the source: a kind without a row in commands can be proposed and not
// be read again, which stops every node.
func TestEveryKindHasARow(t *testing.T) {
	found := 0
	ast.Inspect(parsed(t, ".")["command.go"], func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			for _, name := range v.Names {
				if strings.HasPrefix(name.Name, "Kind") {
					found++
				}
			}
		}
		return true
	})
	rows := 0
	for kind, row := range commands {
		if row.make == nil {
			continue
		}
		rows++
		if c := row.make(); int(c.Kind()) != kind || reflect.TypeOf(c).Elem().Name() != row.name {
			t.Errorf("row %d is called %s and makes %T, whose kind is %d", kind, row.name, c, c.Kind())
		}
	}
	if found == 0 || found != rows {
		t.Errorf("command.go has %d kinds, the table %d rows", found, rows)
	}
}
