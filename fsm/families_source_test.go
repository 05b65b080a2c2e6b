package fsm

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sources are the files of this package and the key functions of package rows.
type sources struct {
	t        *testing.T
	families map[string]bool            // of package rows, without "Family"
	keys     map[string]string          // functions of package rows whose keys are of one family
	funcs    map[string]*ast.FuncDecl   // of this package; a name that two types have is resolved by neither
	files    map[*ast.FuncDecl]string   //
	writers  map[string]int             // functions that write what an argument says -> its number
	found    map[string]map[string]bool // family -> files
}

func newSources(t *testing.T) *sources {
	s := &sources{t: t, families: map[string]bool{}, keys: map[string]string{}, funcs: map[string]*ast.FuncDecl{}, files: map[*ast.FuncDecl]string{},
		writers: map[string]int{"Put": 0, "PutRow": 0, "Del": 0, "DelRange": 0, "row": 1}}
	for range 2 { // a key may begin with another one's prefix
		for _, f := range parsed(t, "rows") {
			for _, d := range f.Decls {
				s.readRows(d)
			}
		}
	}
	for name, f := range parsed(t, ".") {
		for _, d := range f.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Body != nil {
				s.files[d] = name
				s.funcs[d.Name.Name] = d
			}
		}
	}
	if len(s.families) < 40 || len(s.keys) < 20 || len(s.files) < 300 {
		t.Fatalf("%d families, %d keys, %d functions: the source is not where this test looks", len(s.families), len(s.keys), len(s.files))
	}
	return s
}

func parsed(t *testing.T, dir string) map[string]*ast.File {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]*ast.File{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = f
	}
	return files
}

// readRows notes families, and functions and methods Key that name one.
func (s *sources) readRows(d ast.Decl) {
	switch d := d.(type) {
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if v, ok := spec.(*ast.ValueSpec); ok && d.Tok == token.CONST {
				for _, name := range v.Names {
					if family, ok := strings.CutPrefix(name.Name, "Family"); ok {
						s.families[family] = true
					}
				}
			}
		}
	case *ast.FuncDecl:
		name := d.Name.Name
		if d.Recv != nil {
			name = fmt.Sprint(d.Recv.List[0].Type) + "." + name
		}
		ast.Inspect(d, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			if family, ok := strings.CutPrefix(id.Name, "Family"); ok {
				s.keys[name] = family
			} else if strings.HasSuffix(id.Name, "Prefix") && s.keys[name] == "" && s.keys[id.Name] != "" {
				s.keys[name] = s.keys[id.Name]
			}
			return true
		})
	}
}

// writes returns the files that write each family. A function that writes what its caller says is a
// writer, too, so this goes on until no more are found.
func (s *sources) writes() map[string]map[string]bool {
	for before := -1; before != len(s.writers); {
		before = len(s.writers)
		s.found = map[string]map[string]bool{}
		for d, file := range s.files {
			if file != "memory_hot.go" { // it writes what others told it
				s.writesOf(d, file)
			}
		}
	}
	return s.found
}

func (s *sources) writesOf(d *ast.FuncDecl, file string) {
	ast.Inspect(d.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		arg, ok := s.writers[sel.Sel.Name]
		if !ok || arg >= len(call.Args) || !ofStep(sel, call) {
			return true
		}
		family, param := s.familyOf(call.Args[arg], d)
		switch {
		case param >= 0:
			s.writers[d.Name.Name] = param
		case family == "":
			s.t.Errorf("%s: %s writes a row whose family cannot be seen", file, d.Name.Name)
		default:
			if s.found[family] == nil {
				s.found[family] = map[string]bool{}
			}
			s.found[family][file] = true
		}
		return true
	})
}

// ofStep reports whether a call is a method of a step, or hands one to a table in memory.
func ofStep(sel *ast.SelectorExpr, call *ast.CallExpr) bool {
	isStep := func(e ast.Expr) bool { id, ok := e.(*ast.Ident); return ok && id.Name == "t" }
	if sel.Sel.Name == "row" {
		return isStep(call.Args[0])
	}
	return isStep(sel.X)
}

// familyOf returns the family of a key, or of a family itself, or the number of the parameter of d
// that says.
func (s *sources) familyOf(e ast.Expr, d *ast.FuncDecl) (family string, param int) {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		if family, ok := strings.CutPrefix(e.Sel.Name, "Family"); ok {
			return family, -1
		}
		if x, ok := e.X.(*ast.Ident); ok {
			return readElsewhere[d.Name.Name+" "+x.Name+"."+e.Sel.Name], -1
		}
	case *ast.CallExpr:
		return s.familyOfCall(e, d)
	case *ast.Ident:
		n := 0
		for _, field := range d.Type.Params.List {
			for _, name := range field.Names {
				if name.Name == e.Name {
					return "", n
				}
				n++
			}
		}
		return s.familyOfVariable(e.Name, d)
	}
	return "", -1
}

func (s *sources) familyOfCall(call *ast.CallExpr, d *ast.FuncDecl) (string, int) {
	sel, _ := call.Fun.(*ast.SelectorExpr)
	if sel == nil { // append
		return s.familyOf(call.Args[0], d)
	}
	if family := s.keys[sel.Sel.Name]; family != "" {
		return family, -1
	}
	switch x, _ := sel.X.(*ast.Ident); {
	case len(call.Args) > 0: // a key that is told its family, or what begins with another key
		return s.familyOf(call.Args[0], d)
	case sel.Sel.Name == "Key" && x != nil: // of a page or a cohort
		if s.files[d] == "index_pages.go" {
			return s.keys["Page.Key"], -1
		}
		return s.keys["Cohort.Key"], -1
	}
	if f := s.funcs[sel.Sel.Name]; f != nil && len(f.Body.List) == 1 {
		if r, ok := f.Body.List[0].(*ast.ReturnStmt); ok && len(r.Results) == 1 {
			return s.familyOf(r.Results[0], f)
		}
	}
	return "", -1
}

// familyOfVariable looks for what a variable is given: a key, or the keys that a scan of d met.
func (s *sources) familyOfVariable(name string, d *ast.FuncDecl) (family string, param int) {
	param = -1
	given := func(e ast.Expr) {
		if f, p := s.familyOf(e, d); f != "" || p >= 0 {
			family, param = f, p
		}
	}
	ast.Inspect(d.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, to := range n.Lhs {
				if id, ok := to.(*ast.Ident); ok && id.Name == name && i < len(n.Rhs) && family == "" {
					given(n.Rhs[i])
				}
			}
		case *ast.RangeStmt:
			if id, ok := n.Value.(*ast.Ident); !ok || id.Name != name {
				return true
			}
			ast.Inspect(d.Body, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Scan" {
						given(call.Args[0])
					}
				}
				return true
			})
		}
		return true
	})
	return family, param
}
