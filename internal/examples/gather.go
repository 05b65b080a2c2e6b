// Package examples makes one project of the examples in docs/examples, for tests: a program in Go
// takes seconds to compile, and one with twelve workflows no longer than one with one.
//
// It decides how the project is put together, and changes nothing of what the code does.
package examples

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	gosdk "aion.dev/aion/sdk/go"
)

// files are what a project of gathered examples has besides their code.
const (
	goMod = "module examples\n\ngo 1.26\n\nrequire aion.dev/aion/sdk/go/workflow v0.0.0\n\nreplace aion.dev/aion/sdk/go/workflow => ./sdk/workflow\n"
	toml  = "description = \"Examples\"\nlanguage = \"go\"\n"
	main  = "package main\n\nimport (\n\t\"aion.dev/aion/sdk/go/workflow\"\n%s)\n\nfunc main() {\n%s}\n"
)

var (
	mainOf        = regexp.MustCompile(`(?ms)^func main\(\) \{.*?\}$\n`)
	entryFunction = regexp.MustCompile(`entry_function = "(\w+)"`)
)

// Go writes a project in Go into the folder dir, from the folder of the examples. Its program has
// the code of all of them, so that it is the same module each time; its types, and its tests, are
// those of the examples that are named.
func Go(from, dir string, names ...string) error {
	all, err := Names(from)
	if err != nil {
		return err
	}
	var imports, registers strings.Builder
	manifest := toml
	for _, name := range all {
		pkg := strings.ReplaceAll(name, "-", "")
		if err := library(filepath.Join(from, name, "go"), filepath.Join(dir, pkg), pkg); err != nil {
			return err
		}
		text, err := os.ReadFile(filepath.Join(from, name, "go", "workflow.toml"))
		if err != nil {
			return err
		}
		fmt.Fprintf(&imports, "\t%q\n", "examples/"+pkg)
		for _, f := range entryFunction.FindAllSubmatch(text, -1) {
			fmt.Fprintf(&registers, "\tworkflow.Register(\"%s_%s\", %[1]s.%[2]s)\n", pkg, f[1])
		}
		if !slices.Contains(names, name) {
			continue
		}
		_, types, _ := strings.Cut(string(text), "[[workflow]]")
		manifest += "\n[[workflow]]" + entryFunction.ReplaceAllString(types, `entry_function = "`+pkg+`_${1}"`)
		tests, err := filepath.Glob(filepath.Join(from, name, "*_test.star"))
		if err != nil {
			return err
		}
		for _, test := range tests {
			if text, err = os.ReadFile(test); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(test)), text, 0o666); err != nil {
				return err
			}
		}
	}
	for name, text := range map[string]string{"go.mod": goMod, "workflow.toml": manifest, "main.go": fmt.Sprintf(main, imports.String(), registers.String())} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			return err
		}
	}
	return gosdk.Write(filepath.Join(dir, "sdk"))
}

// Names returns the names of the examples, sorted.
func Names(from string) (names []string, err error) {
	files, err := filepath.Glob(filepath.Join(from, "*", "workflow.toml"))
	for _, f := range files {
		names = append(names, filepath.Base(filepath.Dir(f)))
	}
	return names, err
}

// library makes a package that can be imported of a program.
func library(from, dir, pkg string) error {
	files, err := filepath.Glob(filepath.Join(from, "*.go"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		text = []byte(strings.Replace(mainOf.ReplaceAllString(string(text), ""), "package main\n", "package "+pkg+"\n", 1))
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(f)), text, 0o666); err != nil {
			return err
		}
	}
	return nil
}
