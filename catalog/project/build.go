package project

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"strings"

	"aion.dev/aion/catalog"
)

// Built is a packed project.
type Built struct {
	Archive  []byte // the bytes to write to a .aion file or to deploy
	Version  catalog.Version
	Manifest catalog.Manifest
	Modules  []catalog.Module  // sorted by name
	Paths    map[string]string // of the modules' files in the project, by module name
}

// FileName returns the archive's default file name.
func (b *Built) FileName() string { return b.Manifest.Workflows[0].Type + ".aion" }

// Build packs the project in folder dir. Code of a language that is compiled is compiled by the
// toolchain of this machine, which is named in the label "toolchain". It reports errors of the
// project as *Invalid, with file, line and key where they are known, or as
// *catalog.PackageTooLarge. Other errors are the file system's.
func Build(dir string) (*Built, error) { return buildWith(dir, true) }

// BuildWithoutTools is Build for a project that somebody else has sent, or that is not saved yet:
// no toolchain runs, so a language that needs one is refused.
func BuildWithoutTools(dir string) (*Built, error) { return buildWith(dir, false) }

func buildWith(dir string, tools bool) (*Built, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()

	config, err := readConfig(root)
	if err != nil {
		return nil, err
	}
	manifest, err := config.manifest(root)
	if err != nil {
		return nil, err
	}
	sources, err := findModules(root.FS())
	if err != nil {
		return nil, err
	}
	modules, err := readModules(root, sources)
	if err != nil {
		return nil, err
	}
	built, toolchain, err := config.build(dir, root, tools)
	if err != nil {
		return nil, err
	}
	if modules = append(modules, built...); toolchain != "" {
		manifest.Labels = withToolchain(manifest.Labels, toolchain)
	}
	data, err := catalog.Write(manifest, modules)
	if err != nil {
		return nil, explain(err, sources)
	}

	// Reading the archive back costs a hash and proves that it can be opened.
	limits := catalog.Limits{MaxArchiveBytes: int64(len(data)), MaxInflatedBytes: int64(len(data))}
	a, err := catalog.Open(data, limits)
	if err != nil {
		return nil, err
	}
	paths := make(map[string]string, len(sources))
	for _, s := range sources {
		paths[s.name] = s.path
	}
	return &Built{Archive: data, Version: a.Version, Manifest: a.Manifest, Modules: a.Modules, Paths: paths}, nil
}

// withToolchain names the toolchain among the labels, unless the project has such a label.
func withToolchain(labels map[string]string, toolchain string) map[string]string {
	labels = maps.Clone(labels)
	if labels == nil {
		labels = make(map[string]string)
	}
	if _, ok := labels["toolchain"]; !ok {
		labels["toolchain"] = toolchain
	}
	return labels
}

// explain attributes a refusal of the package to a file of the project.
func explain(err error, sources []source) error {
	var invalid *catalog.InvalidPackage
	if !errors.As(err, &invalid) {
		return err
	}
	if invalid.Entry == catalog.ManifestName {
		return &Invalid{File: ConfigName, Key: strings.Replace(invalid.Field, "workflows[", "workflow[", 1), Reason: invalid.Reason}
	}
	for _, s := range sources {
		if catalog.ModulesFolder+s.name == invalid.Entry {
			return &Invalid{File: s.path, Reason: invalid.Reason}
		}
		compiled := strings.TrimPrefix(invalid.Entry, catalog.ModulesFolder)
		if strings.EqualFold(catalog.Module{Name: s.name}.Stem(), catalog.Module{Name: compiled}.Stem()) {
			return &Invalid{File: s.path, Reason: fmt.Sprintf("has the name of the module %s, which compiled code becomes: rename it", compiled)}
		}
	}
	return err
}

// readModules reads the sources, unless they certainly have too many bytes for any node.
func readModules(root *os.Root, sources []source) ([]catalog.Module, error) {
	most := catalog.DefaultLimits().MaxInflatedBytes
	var total int64
	for _, s := range sources {
		if total += s.size; total > most {
			return nil, &catalog.PackageTooLarge{What: "inflated_bytes", Limit: most, Size: total}
		}
	}
	modules := make([]catalog.Module, len(sources))
	for i, s := range sources {
		content, err := fs.ReadFile(root.FS(), s.path)
		if err != nil {
			return nil, err
		}
		modules[i] = catalog.Module{Name: s.name, Source: content}
	}
	return modules, nil
}
