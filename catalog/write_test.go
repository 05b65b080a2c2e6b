package catalog_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"aion.dev/aion/catalog"
)

func TestWriteRefusesModules(t *testing.T) {
	for name, reason := range map[string]string{
		"order.star":  "appears twice",
		"ORDER.star":  "only in letter case",
		"order.wasm":  "only in extension",
		"x.wasm":      "which abi 2 is the first to have",
		"x.py":        "extension must be",
		"../x.star":   "between slashes",
		"/x.star":     "absolute",
		"aion/x.star": "host",
		"a$b.star":    "'$'",
		string(bytes.Repeat([]byte("a"), 243)) + ".star": "at most 255",
	} {
		_, err := catalog.Write(order(), append(sources(), catalog.Module{Name: name}))
		refused(t, err, "invalid_package", reason)
	}
	_, err := catalog.Write(order(), append(sources(), make([]catalog.Module, 10_000)...))
	if err == nil {
		t.Error("took 10,003 files")
	}
}

func genManifest(t *rapid.T, modules []catalog.Module) catalog.Manifest {
	m := catalog.Manifest{Format: 1, ABI: 1, Activities: []string{}}
	types := rapid.SliceOfNDistinct(rapid.StringMatching(`[A-Za-z0-9_:@-][A-Za-z0-9._:@-]{0,20}`), 1, 4, rapid.ID).Draw(t, "types")
	for _, typ := range types {
		w := catalog.Workflow{
			Type:          typ,
			EntryModule:   rapid.SampledFrom(modules).Draw(t, "module").Stem(),
			EntryFunction: rapid.StringMatching(`[A-Za-z_][A-Za-z0-9_]{0,8}`).Draw(t, "function"),
			Timeout:       rapid.SampledFrom([]string{"", "72h", "4320m", "1.5s"}).Draw(t, "timeout"),
		}
		if title := rapid.String().Draw(t, "title"); title != "" {
			w.InputSchema = fmt.Appendf(nil, `{"title": %s, "maximum": %v}`, quoteJSON(title), rapid.Float64Range(-1e20, 1e20).Draw(t, "max"))
		}
		m.Workflows = append(m.Workflows, w)
	}
	m.Activities = append(m.Activities, rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z][a-z/_]{0,9}`), 0, 3, rapid.ID).Draw(t, "activities")...)
	slices.Sort(m.Activities)
	m.Description = rapid.String().Draw(t, "description")
	m.Labels = rapid.MapOfN(rapid.StringN(1, 5, 9), rapid.String(), 0, 3).Draw(t, "labels")
	return m
}

func genModules(t *rapid.T) []catalog.Module {
	names := rapid.SliceOfNDistinct(rapid.StringMatching(`[b-zé]([b-z0-9._ -]{0,6}[b-z0-9])?(/[b-z0-9]{1,4}){0,2}`), 1, 5, rapid.ID).Draw(t, "names")
	modules := make([]catalog.Module, len(names))
	for i, name := range names {
		modules[i] = catalog.Module{Name: name + ".star", Source: rapid.SliceOf(rapid.Byte()).Draw(t, "source")}
	}
	return modules
}

// What is written is read back unchanged, whatever the input order, and a version identifies
// exactly one content.
func TestWriteOpenProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		modules := genModules(t)
		m := genManifest(t, modules)
		data, err := catalog.Write(m, modules)
		if err != nil {
			t.Fatal(err)
		}
		shuffled := rapid.Permutation(modules).Draw(t, "order")
		if again, err := catalog.Write(m, shuffled); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("another order gave other bytes (%v)", err)
		}
		a, err := catalog.Open(data, catalog.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if again, err := catalog.Write(a.Manifest, a.Modules); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("writing what was read gave other bytes (%v)", err)
		}
		for _, module := range modules {
			if got, ok := a.Module(module.Name); !ok || !bytes.Equal(got.Source, module.Source) {
				t.Fatalf("module %q changed", module.Name)
			}
		}

		// Texts for people do not affect the version.
		notes := m
		notes.Description, notes.Labels = m.Description+"!", map[string]string{"other": "label"}
		if v := version(t, notes, modules); v != a.Version {
			t.Fatal("description and labels changed the version")
		}
		if v := version(t, mutate(t, m), modules); v == a.Version {
			t.Fatal("a change of the identity left the version alone")
		}
		if v := version(t, m, mutateModules(t, modules)); v == a.Version {
			t.Fatal("a change of the modules left the version alone")
		}
	})
}

func version(t *rapid.T, m catalog.Manifest, modules []catalog.Module) catalog.Version {
	v, err := catalog.Hash(m, modules)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// mutate changes one thing that the identity covers.
func mutate(t *rapid.T, m catalog.Manifest) catalog.Manifest {
	m.Workflows, m.Activities = slices.Clone(m.Workflows), slices.Clone(m.Activities)
	w := &m.Workflows[rapid.IntRange(0, len(m.Workflows)-1).Draw(t, "workflow")]
	changes := []func(){
		func() { m.ABI++ },
		func() { m.Format++ },
		func() { m.Activities = append(m.Activities, "zzz") },
		func() { m.Workflows = append(m.Workflows, catalog.Workflow{Type: "zzz"}) },
		func() { w.Type += "x" },
		func() { w.EntryModule += "x" },
		func() { w.EntryFunction += "x" },
		func() { w.Timeout += "1ns" },
		func() { w.OutputSchema = []byte("true") },
		func() { w.InputSchema = []byte(`{"title":"zzz","minimum":1}`) },
	}
	rapid.SampledFrom(changes).Draw(t, "change")()
	return m
}

// mutateModules changes one module, or moves a byte from a name to a source.
func mutateModules(t *rapid.T, modules []catalog.Module) []catalog.Module {
	modules = slices.Clone(modules)
	m := &modules[rapid.IntRange(0, len(modules)-1).Draw(t, "which")]
	switch rapid.IntRange(0, 3).Draw(t, "how") {
	case 0:
		m.Name = "x" + m.Name
	case 1:
		m.Source = append(slices.Clone(m.Source), '\n')
	case 2:
		m.Name, m.Source = m.Name[:len(m.Name)-1], append([]byte{m.Name[len(m.Name)-1]}, m.Source...)
	case 3:
		modules = append(modules, catalog.Module{Name: "zzz.star"})
	}
	return modules
}
