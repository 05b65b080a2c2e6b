package project

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"aion.dev/aion/catalog"
)

// starters are the projects that New writes. NAME stands for the workflow's name, also in file
// names; ".txt" is taken off, since the go command would take the files for packages of its own.
//
//go:embed starter_starlark starter_go starter_typescript
var starters embed.FS

// New writes a starter project in a language ("" and "starlark", "go" or "typescript") into folder
// dir, which must be empty or absent: a workflow called name that waits for a signal with a
// timeout, and a README that shows how to run it. It needs no worker. A name is 1 to 64 lower-case
// letters, digits, '_' and '-', starting with a letter; any other name or language is refused with
// *catalog.InvalidInput.
func New(dir, name, language string) error {
	lang, ok := languages[language]
	if !ok {
		return &catalog.InvalidInput{Field: "language", Reason: fmt.Sprintf("is %s; this version of Aion knows %s", catalog.Quote(language), known)}
	}
	if reason := checkName(name); reason != "" {
		return &catalog.InvalidInput{Field: "name", Reason: reason}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("create project %s: folder %s is not empty: %w", name, dir, fs.ErrExist)
	}
	err = fs.WalkDir(starters, lang.starter, func(file string, entry fs.DirEntry, err error) error {
		target := filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(strings.TrimPrefix(file, lang.starter), "/")))
		if err != nil || entry.IsDir() {
			return errors.Join(err, os.MkdirAll(target, 0o777))
		}
		content, err := starters.ReadFile(file)
		if err != nil {
			return err
		}
		base := strings.TrimSuffix(strings.ReplaceAll(path.Base(file), "NAME", name), ".txt")
		return create(filepath.Join(filepath.Dir(target), base), strings.ReplaceAll(string(content), "NAME", name))
	})
	if err != nil || lang.sdk == nil {
		return err
	}
	return lang.sdk(filepath.Join(dir, "sdk"))
}

func checkName(name string) string {
	const letters, more = "abcdefghijklmnopqrstuvwxyz", "0123456789_-"
	switch {
	case name == "" || len(name) > 64:
		return "must have 1 to 64 characters"
	case strings.Trim(name, letters+more) != "" || !strings.Contains(letters, name[:1]):
		return fmt.Sprintf("%q is no name for a project: use lower-case letters, digits, '_' and '-', starting with a letter", name)
	case name == "aion" || strings.HasSuffix(name, "_test"):
		return fmt.Sprintf("%q is reserved", name)
	}
	return ""
}

// create writes a file that must not exist.
func create(name, content string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	return errors.Join(err, f.Close())
}
