package enginetest

import (
	"encoding/json"
	"testing"

	"aion.dev/aion/catalog"
)

// Code maps workflow types to Starlark source. Each becomes a module of that name, whose entry
// function is run.
type Code map[string]string

// Option changes a package before it is written.
type Option func(m *catalog.Manifest, modules *[]catalog.Module)

// Labels sets the manifest's labels, which are not part of the version.
func Labels(labels map[string]string) Option {
	return func(m *catalog.Manifest, _ *[]catalog.Module) { m.Labels = labels }
}

// InputSchema sets the input schema of a type.
func InputSchema(typ, schema string) Option {
	return workflow(typ, func(w *catalog.Workflow) { w.InputSchema = json.RawMessage(schema) })
}

// OutputSchema sets the output schema of a type.
func OutputSchema(typ, schema string) Option {
	return workflow(typ, func(w *catalog.Workflow) { w.OutputSchema = json.RawMessage(schema) })
}

// Timeout sets the time limit of a type's runs.
func Timeout(typ, d string) Option {
	return workflow(typ, func(w *catalog.Workflow) { w.Timeout = d })
}

// Activities declares activities.
func Activities(names ...string) Option {
	return func(m *catalog.Manifest, _ *[]catalog.Module) { m.Activities = names }
}

// Module adds a module that is no entry module.
func Module(name, source string) Option {
	return func(_ *catalog.Manifest, modules *[]catalog.Module) {
		*modules = append(*modules, catalog.Module{Name: name, Source: []byte(source)})
	}
}

func workflow(typ string, f func(*catalog.Workflow)) Option {
	return func(m *catalog.Manifest, _ *[]catalog.Module) {
		for i := range m.Workflows {
			if m.Workflows[i].Type == typ {
				f(&m.Workflows[i])
			}
		}
	}
}

// Pack writes a package of the given types. The primary type is the first by name.
func Pack(t testing.TB, code Code, options ...Option) []byte {
	t.Helper()
	m := catalog.Manifest{Format: catalog.Format, ABI: catalog.ABI, Activities: []string{}}
	var modules []catalog.Module
	for _, typ := range sortedKeys(code) {
		m.Workflows = append(m.Workflows, catalog.Workflow{Type: typ, EntryModule: typ, EntryFunction: "run"})
		modules = append(modules, catalog.Module{Name: typ + ".star", Source: []byte(code[typ])})
	}
	for _, o := range options {
		o(&m, &modules)
	}
	archive, err := catalog.Write(m, modules)
	if err != nil {
		t.Fatalf("pack %v: %v", sortedKeys(code), err)
	}
	return archive
}
