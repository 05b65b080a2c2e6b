// Package gosdk carries the source of package workflow, which workflow code in Go imports, so that
// a project can be written that builds without a network. It decides nothing about workflow code.
package gosdk

import (
	"embed"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

//go:embed workflow
var source embed.FS

// module is what makes the copy a module of its own, by the path under which code imports it.
const module = "module aion.dev/aion/sdk/go/workflow\n\ngo 1.26\n"

// Write writes the source, without its tests, into a folder workflow below dir.
func Write(dir string) error {
	return fs.WalkDir(source, "workflow", func(file string, entry fs.DirEntry, err error) error {
		target := filepath.Join(dir, filepath.FromSlash(file))
		switch {
		case err != nil || strings.HasSuffix(file, "_test.go"):
			return err
		case entry.IsDir():
			if err := os.MkdirAll(target, 0o777); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(target, "go.mod"), []byte(module), 0o666)
		}
		content, err := source.ReadFile(file)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o666)
	})
}
