package project

import (
	"cmp"
	"path"

	"aion.dev/aion/catalog"
	gosdk "aion.dev/aion/sdk/go"
)

// language is what workflow.toml may name as the language of a project.
type language struct {
	abi      int                    // that a project has if it does not say
	starter  string                 // folder of the project that New writes
	sdk      func(dir string) error // writes what code imports; nil = nothing
	defaults func(workflow) workflow
	build    func(dir string) (module catalog.Module, toolchain string, err error) // nil = its files are the modules
}

var languages = map[string]language{
	"":         starlark,
	"starlark": starlark,
	"go": {abi: 2, starter: "starter_go", sdk: gosdk.Write, build: buildGo, defaults: func(w workflow) workflow {
		if w.EntryModule != "" && w.EntryModule != goModule { // a project may have both
			return starlark.defaults(w)
		}
		w.EntryModule = cmp.Or(w.EntryModule, goModule)
		w.EntryFunction = cmp.Or(w.EntryFunction, w.Type)
		return w
	}},
}

var starlark = language{abi: catalog.ABI, starter: "starter_starlark", defaults: func(w workflow) workflow {
	w.EntryFunction = cmp.Or(w.EntryFunction, "run")
	w.Type = cmp.Or(w.Type, path.Base(w.EntryModule))
	return w
}}
