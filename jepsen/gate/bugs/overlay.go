package bugs

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed *.patch
var patches embed.FS

// importLine is added to every file that a patch changes, so that no patch has to.
const importLine = `import "aion.dev/aion/jepsen/gate/seeded"`

// Names lists the planted bugs, sorted.
func Names() (names []string) {
	entries, err := patches.ReadDir(".")
	if err != nil {
		panic(err) // they are part of this binary
	}
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".patch"))
	}
	return names
}

// Overlay writes the changed copies into dir, which it makes, and returns the argument for
// `go build` and `go test` that puts them in place of the product's files. It must be called within
// the module whose files the patches show, and fails, naming all of them, if patches do not fit.
func Overlay(ctx context.Context, dir string) (flag string, err error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return "", err
	}
	files, err := planted(root, Names())
	if err != nil {
		return "", err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	replaced := map[string]string{}
	for file, text := range files {
		to := filepath.Join(dir, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(to, []byte(text), 0o644); err != nil {
			return "", err
		}
		replaced[filepath.Join(root, filepath.FromSlash(file))] = to
	}
	b, err := json.MarshalIndent(map[string]any{"Replace": replaced}, "", "\t")
	if err != nil {
		return "", err
	}
	list := filepath.Join(dir, "overlay.json")
	return "-overlay=" + list, os.WriteFile(list, b, 0o644)
}

// planted returns the files of the module at root that the named bugs change, with all of them in.
func planted(root string, names []string) (map[string]string, error) {
	lines, changes := map[string][]string{}, map[string][]change{}
	var failed []error
	for _, name := range names {
		patch, err := patches.ReadFile(name + ".patch")
		if err != nil {
			return nil, err
		}
		hunks, err := parse(string(patch))
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", name, err))
		}
		for _, h := range hunks {
			if lines[h.file] == nil {
				b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(h.file)))
				if err != nil {
					failed = append(failed, fmt.Errorf("%s: %w", name, err))
					continue
				}
				lines[h.file] = strings.Split(string(b), "\n")
			}
			placed, err := h.place(lines[h.file])
			if err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", name, err))
			}
			changes[h.file] = append(changes[h.file], placed...)
		}
	}
	files := map[string]string{}
	for _, file := range slices.Sorted(maps.Keys(changes)) {
		changed, err := edit(lines[file], changes[file])
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", file, err))
			continue
		}
		at := slices.IndexFunc(changed, func(l string) bool { return strings.HasPrefix(l, "package ") })
		files[file] = strings.Join(slices.Insert(changed, at+1, "", importLine), "\n")
	}
	return files, errors.Join(failed...)
}

// moduleRoot is the folder of the module that the process works in.
func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	file := strings.TrimSpace(string(out))
	if filepath.Base(file) != "go.mod" {
		return "", errors.New("planted bugs are built within the project's own tree, and this is none")
	}
	return filepath.Dir(file), nil
}
