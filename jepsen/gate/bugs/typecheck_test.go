package bugs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// typeCheck checks the types of the node's packages with files in place of those of the module at
// root, as the compiler would before it makes code; making and linking it takes ten times as long,
// and finds nothing more in patches. Packages that no changed file reaches are read as they were
// compiled.
func typeCheck(root string, files map[string]string) error {
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,Imports,Standard", "./cmd/aion-node", "./jepsen/gate/seeded")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("go list: %w: %s", err, stderr.String())
	}
	c := &checker{root: root, files: files, fset: token.NewFileSet(), exports: map[string]string{}, changed: map[string]*types.Package{}}
	c.compiled = importer.ForCompiler(c.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(c.exports[path]) })
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		all, c.exports[p.ImportPath] = append(all, p), p.Export
	}
	var found []error
	for _, p := range all { // each comes after those that it imports
		found = append(found, c.check(p)...)
	}
	if len(c.changed) == 0 {
		found = append(found, errors.New("no package has a changed file"))
	}
	return errors.Join(found...)
}

type listed struct {
	ImportPath, Dir, Export string
	GoFiles, Imports        []string
	Standard                bool
}

// checker is a types.Importer.
type checker struct {
	root     string
	files    map[string]string
	fset     *token.FileSet
	exports  map[string]string
	compiled types.Importer
	changed  map[string]*types.Package // those that a changed file reaches
}

// Import implements types.Importer.
func (c *checker) Import(path string) (*types.Package, error) {
	if p := c.changed[path]; p != nil {
		return p, nil
	}
	return c.compiled.Import(path)
}

// check checks a package if a changed file reaches it.
func (c *checker) check(p listed) (found []error) {
	if p.Standard {
		return nil
	}
	reached := false
	for _, path := range p.Imports {
		reached = reached || c.changed[path] != nil
	}
	var parsed []*ast.File
	for _, name := range p.GoFiles {
		file := filepath.Join(p.Dir, name)
		var source any
		if below, err := filepath.Rel(c.root, file); err == nil {
			if text, ok := c.files[filepath.ToSlash(below)]; ok {
				source, reached = text, true
			}
		}
		f, err := parser.ParseFile(c.fset, file, source, parser.SkipObjectResolution)
		if err != nil {
			found = append(found, err)
		}
		parsed = append(parsed, f)
	}
	if !reached {
		return nil
	}
	cfg := types.Config{Importer: c, Sizes: types.SizesFor("gc", runtime.GOARCH), Error: func(err error) { found = append(found, err) }}
	c.changed[p.ImportPath], _ = cfg.Check(p.ImportPath, c.fset, parsed, nil) // its error is the first of those
	return found
}
