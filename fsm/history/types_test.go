package history

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// TestEveryTypeHasARow reads the source: an event whose type has no row can be written and not be
// read again, which stops every node.
func TestEveryTypeHasARow(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "event.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			for _, name := range v.Names {
				if strings.HasPrefix(name.Name, "Type") {
					found++
				}
			}
		}
		return true
	})
	rows := 0
	for typ, kind := range kinds {
		if kind.make == nil {
			continue
		}
		rows++
		if e := kind.make(); int(e.Type()) != typ || e.Type().String() != kind.name {
			t.Errorf("row %d is called %s and makes %T, whose type is %s", typ, kind.name, e, e.Type())
		}
	}
	if found == 0 || found != rows {
		t.Errorf("event.go has %d types, the table %d rows", found, rows)
	}
}
