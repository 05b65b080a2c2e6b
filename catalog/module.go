package catalog

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// ModulesFolder is the archive's folder that holds the modules.
const ModulesFolder = "modules/"

// Extensions of modules. Those that abi 1 does not have, need guestABI.
const (
	source   = ".star"
	guest    = ".wasm"
	script   = ".js"
	guestABI = 2
)

// JavaScript is run by an interpreter that is a module of the same package, and may have a map that
// tells which sources it was made of.
const (
	Interpreter = "quickjs.wasm"
	SourceMap   = ".map"   // behind the name of the script
	AsyncName   = "$async" // behind the name of a function: of the generator that is its code

	maxScript = 8 << 20  // bytes of a script
	maxMap    = 32 << 20 // and of its map
)

// Module is one source file of a package.
type Module struct {
	// file name under modules/, with slashes: "lib/x.star". load() uses this name, and the hash
	// covers it
	Name   string
	Source []byte
}

// Stem is the name without extension, in the form of entry_module: "lib/x".
func (m Module) Stem() string { return strings.TrimSuffix(m.Name, path.Ext(m.Name)) }

// Guest reports whether the module is WebAssembly; the others are source code.
func (m Module) Guest() bool { return path.Ext(m.Name) == guest }

// Script reports whether the module is JavaScript, which an interpreter runs.
func (m Module) Script() bool { return path.Ext(m.Name) == script }

// Mapped returns the name of the script that the module is the map of, or "".
func (m Module) Mapped() string {
	if name, ok := strings.CutSuffix(m.Name, SourceMap); ok && path.Ext(name) == script {
		return name
	}
	return ""
}

// Sources returns the modules that are source code in the language of the engine itself.
func Sources(modules []Module) []Module {
	return slices.DeleteFunc(slices.Clone(modules), func(m Module) bool { return path.Ext(m.Name) != source })
}

// sorted returns the modules in bytewise order of their names. It does not change its argument.
func sorted(modules []Module) []Module {
	return slices.SortedFunc(slices.Values(modules), func(a, b Module) int { return cmp.Compare(a.Name, b.Name) })
}

// checkModuleNames refuses the first name that may not be shipped, alone or together with an
// earlier one.
func checkModuleNames(names []string) error {
	taken := make(map[string]string, len(names)) // folded stem -> name
	for _, name := range names {
		stem := Module{Name: name}.Stem() // of a map it is the name of the script: no clash
		reason := checkPath(name)
		if other, ok := taken[fold(stem)]; ok && reason == "" {
			reason = clash(name, other)
		}
		if reason == "" {
			reason = checkModule(name)
		}
		if reason != "" {
			return &InvalidPackage{Entry: ModulesFolder + name, Reason: reason}
		}
		taken[fold(stem)] = name
	}
	return nil
}

// checkEntries refuses a manifest whose entry modules are not all among modules, or whose abi or
// driver does not go with them.
func checkEntries(m *Manifest, modules []Module) error {
	stems := make(map[string]bool, len(modules))
	scripts := slices.ContainsFunc(modules, Module.Script)
	for _, module := range modules {
		if module.Mapped() == "" && !(scripts && module.Name == Interpreter) {
			stems[module.Stem()] = true
		}
		language := map[string]string{guest: "WebAssembly", script: "JavaScript"}[path.Ext(module.Name)]
		if language != "" && m.ABI < guestABI {
			return badField("abi", "is %d, but module %s is %s, which abi %d is the first to have", m.ABI, clip(module.Name), language, guestABI)
		}
	}
	if m.Driver != 0 && !scripts {
		return badField("driver", "is %d, but no module is JavaScript, which alone has drivers", m.Driver)
	}
	if err := checkScripts(modules); err != nil {
		return err
	}
	for i, w := range m.Workflows {
		if !stems[w.EntryModule] {
			return badField(fmt.Sprintf("workflows[%d].entry_module", i), "is %q, but the package has no such module", w.EntryModule)
		}
	}
	return nil
}

// names lists the file names of modules.
func names(modules []Module) []string {
	list := make([]string, len(modules))
	for i, m := range modules {
		list[i] = m.Name
	}
	return list
}

// checkModule returns why a package may not ship a module with that file name, or "".
func checkModule(name string) string {
	if mapped := (Module{Name: name}).Mapped(); mapped != "" {
		return checkModule(mapped)
	}
	switch path.Ext(name) {
	case source, guest, script:
		return checkStem(strings.TrimSuffix(name, path.Ext(name)))
	}
	return "is no module: its extension must be .star, .wasm or .js"
}

// checkScripts refuses scripts that are too large or have no interpreter, and maps without script.
func checkScripts(modules []Module) error {
	has := make(map[string]bool, len(modules))
	for _, m := range modules {
		has[m.Name] = true
	}
	for _, m := range modules {
		reason := ""
		switch mapped := m.Mapped(); {
		case m.Script() && !has[Interpreter]:
			reason = fmt.Sprintf("is JavaScript, and the package has no module %s to run it", Interpreter)
		case m.Script() && len(m.Source) > maxScript:
			reason = fmt.Sprintf("has %d bytes; the limit for JavaScript is %d", len(m.Source), maxScript)
		case mapped != "" && !has[mapped]:
			reason = fmt.Sprintf("is a source map, and there is no module %s beside it", clip(mapped))
		case mapped != "" && len(m.Source) > maxMap:
			reason = fmt.Sprintf("has %d bytes; the limit for source maps is %d", len(m.Source), maxMap)
		}
		if reason != "" {
			return &InvalidPackage{Entry: ModulesFolder + m.Name, Reason: reason}
		}
	}
	return nil
}

// checkStem returns why a module may not have that name without extension, or "".
func checkStem(stem string) string {
	if reason := checkPath(stem); reason != "" {
		return reason
	}
	if strings.HasPrefix(path.Base(stem), ".") {
		return fmt.Sprintf("%s has a name that starts with a dot", clip(stem))
	}
	if ext := path.Ext(stem); ext == source || ext == guest { // so that Archive.Module cannot mistake a stem for a file name
		return fmt.Sprintf("has the name %s, which must not end in %s before or without its extension", clip(stem), ext)
	}
	if first, _, _ := strings.Cut(stem, "/"); strings.EqualFold(first, "aion") {
		return "is under aion, which belongs to the host"
	}
	return ""
}

// clash describes how two names that fold to the same stem differ.
func clash(name, other string) string {
	switch {
	case name == other:
		return "appears twice"
	case fold(name) == fold(other):
		return fmt.Sprintf("differs from %s only in letter case", clip(other))
	}
	return fmt.Sprintf("differs from %s only in extension", clip(other))
}
