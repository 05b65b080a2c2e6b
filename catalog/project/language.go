package project

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"

	"aion.dev/aion/catalog"
	gosdk "aion.dev/aion/sdk/go"
	typescriptsdk "aion.dev/aion/sdk/typescript"
)

// language is what workflow.toml may name as the language of a project, or of a type.
type language struct {
	abi     int                    // that a project has if it does not say
	driver  int                    // of its scripts; 0 = it has none
	starter string                 // folder of the project that New writes
	sdk     func(dir string) error // writes what code imports; nil = nothing

	// builds the code in a folder: it becomes the module compiledModule, with others beside it; nil
	// = its files are the modules
	build func(dir string) (modules []catalog.Module, toolchain string, err error)
}

// compiledModule is the module that the code of a compiled language becomes.
const compiledModule = "main"

var (
	starlark  = language{abi: catalog.ABI, starter: "starter_starlark"}
	languages = map[string]language{
		"":           starlark,
		"starlark":   starlark,
		"go":         {abi: 2, starter: "starter_go", sdk: gosdk.Write, build: buildGo},
		"typescript": {abi: 2, driver: catalog.Driver, starter: "starter_typescript", sdk: typescriptsdk.Write, build: buildTypeScript},
	}
)

// known lists the languages, for errors.
const known = "starlark, go and typescript"

func unknownLanguage(key, name string) error {
	return &Invalid{File: ConfigName, Key: key, Reason: fmt.Sprintf("is %s; this version of Aion knows %s", catalog.Quote(name), known)}
}

// languages returns in which language each type is written, and for those that are compiled which
// module their code becomes: compiledModule if there is only one, else it is named after the
// language, because two modules may not differ in their extension alone.
func (c *config) languages() (written []string, compiled map[string]string, err error) {
	if _, ok := languages[c.Language]; !ok {
		return nil, nil, unknownLanguage("language", c.Language)
	}
	compiled = make(map[string]string)
	for i, w := range c.Workflows {
		name := cmp.Or(w.Language, c.Language)
		if _, ok := languages[name]; !ok {
			return nil, nil, unknownLanguage(fmt.Sprintf("workflow[%d].language", i), name)
		}
		if w.Language == "" && w.EntryModule != "" && w.EntryModule != compiledModule {
			name = "" // a file in Starlark
		}
		if languages[name].build != nil {
			compiled[name] = compiledModule
		}
		written = append(written, name)
	}
	if len(compiled) > 1 {
		for name := range compiled {
			compiled[name] = name
		}
	}
	if languages[c.Language].build != nil && len(c.Workflows) > 0 && compiled[c.Language] == "" {
		return nil, nil, &Invalid{File: ConfigName, Key: "language", Reason: fmt.Sprintf("is %q, and no [[workflow]] is written in it", c.Language)}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Folders)) {
		if compiled[name] == "" {
			return nil, nil, &Invalid{File: ConfigName, Key: "folders." + name, Reason: "names no compiled language in which a [[workflow]] is written"}
		}
	}
	return written, compiled, nil
}

// defaults fills in what a workflow does not say. module is the one that its code becomes, or ""
// if it is a file in Starlark.
func defaults(w workflow, module string) (workflow, error) {
	if module == "" {
		w.EntryFunction = cmp.Or(w.EntryFunction, "run")
		w.Type = cmp.Or(w.Type, path.Base(w.EntryModule))
		return w, nil
	}
	if w.EntryModule = cmp.Or(w.EntryModule, module); w.EntryModule != module {
		return w, fmt.Errorf("is %s, but the code of its language becomes the module %q: leave it out", catalog.Quote(w.EntryModule), module)
	}
	w.EntryFunction = cmp.Or(w.EntryFunction, w.Type)
	return w, nil
}
