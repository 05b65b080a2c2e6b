// Package typescriptsdk carries the source of @aion/workflow, which workflow code in TypeScript
// imports, so that a project can be written that bundles without a network. It decides nothing
// about workflow code.
package typescriptsdk

import (
	"embed"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed workflow/package.json workflow/README.md workflow/src
var source embed.FS

// Workflow is the folder of @aion/workflow.
func Workflow() fs.FS {
	folder, err := fs.Sub(source, "workflow")
	if err != nil { // its name is no path
		panic(err)
	}
	return folder
}

// Write writes @aion/workflow into a folder workflow below dir.
func Write(dir string) error {
	return fs.WalkDir(source, "workflow", func(file string, entry fs.DirEntry, err error) error {
		target := filepath.Join(dir, filepath.FromSlash(file))
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return os.MkdirAll(target, 0o777)
		}
		content, err := source.ReadFile(file)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o666)
	})
}
