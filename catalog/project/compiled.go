package project

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"aion.dev/aion/catalog"
)

// build compiles the code of all compiled languages of a project, and names the toolchains.
// Without tools there may be none.
func (c *config) build(dir string, root *os.Root, tools bool) (modules []catalog.Module, toolchain string, err error) {
	_, compiled, err := c.languages()
	if err != nil {
		return nil, "", err
	}
	var used []string
	for _, name := range slices.Sorted(maps.Keys(compiled)) {
		if !tools {
			return nil, "", &Invalid{File: ConfigName, Key: "language", Reason: fmt.Sprintf("is %q, which is compiled where its toolchain is: package the project there, and deploy the archive", name)}
		}
		folder, err := c.folder(root, name)
		if err != nil {
			return nil, "", err
		}
		made, by, err := languages[name].build(filepath.Join(dir, filepath.FromSlash(folder)))
		if err != nil {
			return nil, "", within(folder, err)
		}
		for _, m := range made {
			if rest, ok := strings.CutPrefix(m.Name, compiledModule+"."); ok {
				m.Name = compiled[name] + "." + rest
			}
			modules = append(modules, m)
		}
		used = append(used, by)
	}
	return modules, strings.Join(used, "; "), nil
}

// folder returns where the code of a language is, as seen from the project.
func (c *config) folder(root *os.Root, name string) (string, error) {
	given, ok := c.Folders[name]
	if !ok {
		return ".", nil
	}
	key := "folders." + name
	folder := path.Clean(given)
	if given == "" || !fs.ValidPath(folder) {
		return "", &Invalid{File: ConfigName, Key: key, Reason: fmt.Sprintf("is %s, which is not a path inside the project", catalog.Quote(given))}
	}
	for part := folder; part != "."; part = path.Dir(part) {
		if err := refuseLink(root.FS(), part); err != nil {
			return "", err
		}
	}
	if info, err := root.Stat(folder); err != nil || !info.IsDir() {
		return "", &Invalid{File: ConfigName, Key: key, Reason: fmt.Sprintf("is %s, and the project has no such folder", catalog.Quote(given))}
	}
	return folder, nil
}

// within says what is wrong in the code of a folder as seen from the project.
func within(folder string, err error) error {
	var invalid *Invalid
	if folder == "." || !errors.As(err, &invalid) {
		return err
	}
	seen := *invalid
	if seen.File == ConfigName {
		seen.Reason += fmt.Sprintf(" (in the folder %s)", folder)
	} else {
		seen.File = path.Join(folder, seen.File)
	}
	return &seen
}
