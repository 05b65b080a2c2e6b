package project

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"aion.dev/aion/catalog"
)

// buildTypeScript bundles the code of a project, and adds the interpreter that runs it. The same
// files and dependencies give the same bytes. Types are checked if the project has the compiler
// that does so.
func buildTypeScript(dir string) (modules []catalog.Module, toolchain string, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, "", err
	}
	entry, err := entryFile(os.DirFS(dir))
	if err != nil {
		return nil, "", err
	}
	if err := checkTypes(dir); err != nil {
		return nil, "", err
	}
	code, sourceMap, err := bundle(dir, entry)
	if err != nil {
		return nil, "", err
	}
	runs, err := interpreter(dir)
	if err != nil {
		return nil, "", err
	}
	return []catalog.Module{
		{Name: compiledModule + ".js", Source: code},
		{Name: compiledModule + ".js" + catalog.SourceMap, Source: sourceMap},
		{Name: catalog.Interpreter, Source: runs},
	}, "esbuild " + esbuildVersion + ", quickjs-wasi " + quickjsVersion, nil
}

// entryFile finds the file whose functions are the workflows: main.ts, or the only one that there
// is, in the folder src or else beside workflow.toml.
func entryFile(project fs.FS) (string, error) {
	for _, folder := range []string{"src", "."} {
		entries, err := fs.ReadDir(project, folder)
		if err != nil {
			continue
		}
		var found []string
		for _, e := range entries {
			name := e.Name()
			if !e.Type().IsRegular() || path.Ext(name) != ".ts" || strings.HasSuffix(name, ".d.ts") || strings.HasSuffix(name, ".test.ts") {
				continue
			}
			if name == compiledModule+".ts" {
				return path.Join(folder, name), nil
			}
			found = append(found, path.Join(folder, name))
		}
		switch len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return "", &Invalid{File: ConfigName, Key: "language", Reason: fmt.Sprintf("is \"typescript\", and there are %d files like %s: let %s export the workflow functions", len(found), found[0], path.Join(folder, compiledModule+".ts"))}
		}
	}
	return "", &Invalid{File: ConfigName, Key: "language", Reason: "is \"typescript\", and there is no file src/main.ts or main.ts"}
}
