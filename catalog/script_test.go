package catalog_test

import (
	"testing"

	"aion.dev/aion/catalog"
)

// A script comes with what runs it, and may come with its map.
func TestScripts(t *testing.T) {
	m := order()
	m.ABI = 2
	m.Workflows = append(m.Workflows, catalog.Workflow{Type: "scripted", EntryModule: "main", EntryFunction: "run"})
	script, sourceMap := catalog.Module{Name: "main.js", Source: []byte("1")}, catalog.Module{Name: "main.js.map", Source: []byte("{}")}
	interpreter := catalog.Module{Name: catalog.Interpreter, Source: []byte("\x00asm")}
	with := func(more ...catalog.Module) []catalog.Module { return append(sources(), more...) }
	data, err := catalog.Write(m, with(script, sourceMap, interpreter))
	if err != nil {
		t.Fatal(err)
	}
	a, err := catalog.Open(data, catalog.DefaultLimits())
	if err != nil || !a.Guests() {
		t.Fatalf("%+v %v", a, err)
	}
	if module, ok := a.Module("main"); !ok || module.Name != "main.js" || !module.Script() {
		t.Errorf("module main is %s", module.Name)
	}
	if n := len(catalog.Sources(a.Modules)); n != len(sources()) {
		t.Errorf("%d sources", n)
	}

	first, driven, itself := m, m, m
	first.ABI = 1
	driven.Driver = catalog.Driver
	if b, err := catalog.Write(driven, with(script, interpreter)); err != nil {
		t.Error(err)
	} else if a, err := catalog.Open(b, catalog.DefaultLimits()); err != nil || a.Manifest.Driver != catalog.Driver {
		t.Errorf("%+v %v", a, err)
	}
	itself.Workflows = []catalog.Workflow{{Type: "a", EntryModule: "quickjs", EntryFunction: "run"}}
	for reason, try := range map[string]struct {
		manifest catalog.Manifest
		modules  []catalog.Module
	}{
		"module \"main.js\" is JavaScript, which abi 2 is the first to have": {first, with(script, sourceMap)},
		"is JavaScript, and the package has no module quickjs.wasm":          {m, with(script)},
		"driver is 2, but no module is JavaScript":                           {driven, with()},
		"is a source map, and there is no module \"main.js\" beside it":      {itself, with(sourceMap, interpreter)},
		"has 8388609 bytes; the limit for JavaScript is 8388608":             {m, with(interpreter, catalog.Module{Name: "main.js", Source: make([]byte, 8<<20+1)})},
		"has 33554433 bytes; the limit for source maps is 33554432":          {m, with(script, interpreter, catalog.Module{Name: "main.js.map", Source: make([]byte, 32<<20+1)})},
		`is "quickjs", but the package has no such module`:                   {itself, with(script, interpreter)},
		"differs from \"main.js\" only in extension":                         {m, with(script, interpreter, catalog.Module{Name: "main.star"})},
		"only in letter case": {m, with(script, sourceMap, interpreter, catalog.Module{Name: "MAIN.js.map"})},
		"is no module: its extension must be .star, .wasm or .js": {m, with(catalog.Module{Name: "a.map"})},
		"belongs to the host": {m, with(script, interpreter, catalog.Module{Name: "aion/x.js"})},
		"starts with a dot":   {m, with(script, interpreter, catalog.Module{Name: ".x.js.map"})},
	} {
		_, err := catalog.Write(try.manifest, try.modules)
		refused(t, err, "invalid_package", reason)
	}
}
