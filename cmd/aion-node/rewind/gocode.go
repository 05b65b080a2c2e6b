package rewind

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"aion.dev/aion/engine/rewind"
)

// goFiles are the Go files of a project by their base names, which is what stacks have: a package
// carries no source of Go. Several files may have one name.
type goFiles map[string][]string

// goCode finds the Go files of the project in a folder; "" has none.
func goCode(folder string) goFiles {
	files := make(goFiles)
	if folder == "" {
		return files
	}
	_ = filepath.WalkDir(folder, func(file string, entry fs.DirEntry, err error) error {
		switch name := filepath.Base(file); {
		case err != nil:
		case entry.IsDir() && file != folder && (strings.HasPrefix(name, ".") || name == "testdata"):
			return fs.SkipDir
		case entry.Type().IsRegular() && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			files[name] = append(files[name], file)
		}
		return nil
	})
	return files
}

// of returns the text of the file that a call is in: the only one of its name in which the line
// belongs to the function of that name. Otherwise it is not known, and "".
func (files goFiles) of(f rewind.Frame) (text string) {
	for _, file := range files[f.File()] {
		content, err := os.ReadFile(file)
		if err != nil || !declares(content, f) {
			continue
		}
		if text != "" {
			return ""
		}
		text = string(content)
	}
	return text
}

// declares reports whether the line of a call lies in a declaration that its function's name fits:
// "Order", "Order.func1", "(*basket).add", "lib.Sum[...]".
func declares(content []byte, f rewind.Frame) bool {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", content, parser.SkipObjectResolution)
	if err != nil {
		return false
	}
	name := f.Function
	if file.Name.Name != "main" {
		var ok bool
		if name, ok = strings.CutPrefix(name, file.Name.Name+"."); !ok {
			return false
		}
	}
	for _, d := range file.Decls {
		if set.Position(d.Pos()).Line > f.Line() || set.Position(d.End()).Line < f.Line() {
			continue
		}
		fn, ok := d.(*ast.FuncDecl)
		return !ok && strings.HasPrefix(name, "init.") || ok && fits(name, fn.Name.Name)
	}
	return false
}

// fits reports whether a function is the declared one, or a part of it.
func fits(function, declared string) bool {
	for part := range strings.SplitSeq(function, ".") {
		part, _, _ = strings.Cut(part, "[")
		part, _, _ = strings.Cut(part, "-") // a method value: "run-fm"
		if part == declared {
			return true
		}
	}
	return false
}
