package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// screen is how wide a comment may be, in columns; a tab has four.
const screen = 100

// folder is one package.
type folder struct {
	name           string
	files          []*file
	functions      []int // lines of each
	comments, wide int   // lines of comments, and those wider than the screen
	declares       map[string]*file
}

type file struct {
	lines int
	tree  *ast.File
	uses  map[*file]bool // files of the same package that declare what this one names
}

func (f *folder) lines() (n int) {
	for _, file := range f.files {
		n += file.lines
	}
	return n
}

func readFolder(path, name string) (*folder, error) {
	f := &folder{name: name, declares: map[string]*file{}}
	sources, err := filepath.Glob(filepath.Join(path, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		if err := f.add(source); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (f *folder) add(source string) error {
	text, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, source, text, parser.ParseComments)
	if err != nil {
		return err
	}
	one := &file{lines: strings.Count(string(text), "\n"), tree: tree, uses: map[*file]bool{}}
	f.files = append(f.files, one)
	for _, d := range tree.Decls {
		if fn, is := d.(*ast.FuncDecl); is {
			f.functions = append(f.functions, set.Position(fn.End()).Line-set.Position(fn.Pos()).Line+1)
		}
		for _, name := range declared(d) {
			f.declares[name] = one
		}
	}
	for _, line := range strings.Split(string(text), "\n") {
		line = strings.ReplaceAll(line, "\t", "    ")
		if !strings.HasPrefix(strings.TrimSpace(line), "//") {
			continue
		}
		f.comments++
		if utf8.RuneCountInString(line) > screen {
			f.wide++
		}
	}
	return nil
}

// declared returns the names that a declaration adds to the package. Methods are left out: a
// selector does not say of which type it is.
func declared(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil && d.Name.Name != "init" && d.Name.Name != "main" {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, spec.Name.Name)
			case *ast.ValueSpec:
				for _, n := range spec.Names {
					names = append(names, n.Name)
				}
			}
		}
	}
	return names
}
