package lsp

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/project"
	"aion.dev/aion/cmd/aion-node/rehearsal"
	"aion.dev/aion/engine/runtime/starlark/lint"
)

// folder is the project that a file belongs to, with the texts that the editor has.
type folder struct {
	dir      string
	project  lint.Project
	paths    map[string]string // of files in dir, by module
	problems []placed          // of the project as a whole
}

// placed is a diagnostic of a file that is no module.
type placed struct {
	file string
	diagnostic
}

// folderOf reads the project of a file: the nearest folder above it that has a workflow.toml. A
// file without one, or in a project that cannot be packed, is looked at alone.
func (s *server) folderOf(file string) *folder {
	dir := filepath.Dir(file)
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, project.ConfigName)); err == nil {
			dir = at
			break
		}
		if at == filepath.Dir(at) {
			return s.alone(file, nil)
		}
	}
	built, err := project.BuildWithoutTools(dir)
	if err != nil {
		return s.alone(file, misfit(err))
	}
	f := &folder{dir: dir, paths: built.Paths, project: lint.Project{ABI: built.Manifest.ABI, Activities: built.Manifest.Activities, Workflows: built.Manifest.Workflows}}
	tests, _ := rehearsal.Tests(dir) // what cannot be read is not looked at
	f.project.Modules, f.project.Tests = s.overlay(f, built.Modules), s.overlay(f, tests)
	return f
}

// alone is a folder of one file.
func (s *server) alone(file string, problems []placed) *folder {
	f := &folder{dir: filepath.Dir(file), project: lint.Project{ABI: catalog.MaxABI, Alone: true}, problems: problems}
	if text, ok := s.open[file]; ok && strings.HasSuffix(file, ".star") {
		modules := []catalog.Module{{Name: filepath.Base(file), Source: []byte(text)}}
		if strings.HasSuffix(file, "_test.star") {
			f.project.Tests = modules
		} else {
			f.project.Modules = modules
		}
	}
	return f
}

// misfit says why a project cannot be packed.
func misfit(err error) []placed {
	p := placed{file: project.ConfigName, diagnostic: diagnostic{Severity: 1, Source: "aion", Message: err.Error()}}
	if invalid := (*project.Invalid)(nil); errors.As(err, &invalid) {
		p.file = invalid.File
		if p.Message = invalid.Reason; invalid.Key != "" {
			p.Message = invalid.Key + ": " + invalid.Reason
		}
		line := max(invalid.Line-1, 0)
		p.Range = span{position{line, max(invalid.Column-1, 0)}, position{line, invalid.Column}}
	}
	return []placed{p}
}

// overlay replaces what is on the disk by what the editor has.
func (s *server) overlay(f *folder, modules []catalog.Module) []catalog.Module {
	for i, m := range modules {
		if text, ok := s.open[f.path(m.Name)]; ok {
			modules[i].Source = []byte(text)
		}
	}
	return modules
}

// path returns the file of a module.
func (f *folder) path(module string) string {
	if path, ok := f.paths[module]; ok {
		return filepath.Join(f.dir, filepath.FromSlash(path))
	}
	return filepath.Join(f.dir, filepath.FromSlash(module)) // a test
}

// module returns the module of a file; "" if it is none.
func (f *folder) module(file string) string {
	for _, list := range [][]catalog.Module{f.project.Modules, f.project.Tests} {
		for _, m := range list {
			if f.path(m.Name) == file {
				return m.Name
			}
		}
	}
	return ""
}

// source returns the text of a module.
func (f *folder) source(module string) []byte {
	for _, list := range [][]catalog.Module{f.project.Modules, f.project.Tests} {
		for _, m := range list {
			if m.Name == module {
				return m.Source
			}
		}
	}
	return nil
}

// has reports whether a file belongs to the folder.
func (f *folder) has(path string) bool {
	rel, err := filepath.Rel(f.dir, path)
	return err == nil && !strings.HasPrefix(rel, "..")
}
