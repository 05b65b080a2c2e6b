package catalog

import (
	"encoding/json"
	"maps"
)

// SourceFiles returns the source code of a package by the names that files have in errors and
// stacks. It is that of modules in Starlark, and of the files that scripts were made of, which
// their source maps carry. Of WebAssembly the source stays with its author. A map that cannot be
// read has none.
func SourceFiles(modules []Module) map[string]string {
	files := make(map[string]string, len(modules))
	for _, m := range modules {
		if m.Mapped() != "" {
			maps.Copy(files, mappedFiles(m.Source))
		}
	}
	for _, m := range modules {
		if !m.Guest() {
			files[m.Name] = string(m.Source)
		}
	}
	return files
}

// mappedFiles returns the files that a source map carries.
func mappedFiles(sourceMap []byte) map[string]string {
	var m struct {
		Sources        []*string `json:"sources"`
		SourcesContent []*string `json:"sourcesContent"`
	}
	if json.Unmarshal(sourceMap, &m) != nil {
		return nil
	}
	files := make(map[string]string, len(m.Sources))
	for i, name := range m.Sources {
		if name != nil && i < len(m.SourcesContent) && m.SourcesContent[i] != nil {
			files[*name] = *m.SourcesContent[i]
		}
	}
	return files
}
