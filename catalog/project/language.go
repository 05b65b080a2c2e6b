package project

import (
	"cmp"
	"path"

	"aion.dev/aion/catalog"
	gosdk "aion.dev/aion/sdk/go"
	typescriptsdk "aion.dev/aion/sdk/typescript"
)

// language is what workflow.toml may name as the language of a project.
type language struct {
	abi      int                    // that a project has if it does not say
	starter  string                 // folder of the project that New writes
	sdk      func(dir string) error // writes what code imports; nil = nothing
	defaults func(workflow) workflow
	build    func(dir string) (modules []catalog.Module, toolchain string, err error) // nil = its files are the modules
}

var languages = map[string]language{
	"":           starlark,
	"starlark":   starlark,
	"go":         {abi: 2, starter: "starter_go", sdk: gosdk.Write, build: buildGo, defaults: built(goModule)},
	"typescript": {abi: 2, starter: "starter_typescript", sdk: typescriptsdk.Write, build: buildTypeScript, defaults: built(scriptModule)},
}

// built are the defaults of a language whose code becomes one module. A project may have modules in
// Starlark, too.
func built(module string) func(workflow) workflow {
	return func(w workflow) workflow {
		if w.EntryModule != "" && w.EntryModule != module {
			return starlark.defaults(w)
		}
		w.EntryModule = cmp.Or(w.EntryModule, module)
		w.EntryFunction = cmp.Or(w.EntryFunction, w.Type)
		return w
	}
}

// known lists the languages, for errors.
const known = "starlark, go and typescript"

var starlark = language{abi: catalog.ABI, starter: "starter_starlark", defaults: func(w workflow) workflow {
	w.EntryFunction = cmp.Or(w.EntryFunction, "run")
	w.Type = cmp.Or(w.Type, path.Base(w.EntryModule))
	return w
}}
