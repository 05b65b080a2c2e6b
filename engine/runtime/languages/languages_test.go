package languages_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/project"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/languages"
	"aion.dev/aion/engine/runtime/wasm"
	. "aion.dev/aion/engine/runtime/wasm/wasmtest"
)

// guest is a module whose function run returns 7.
func guest() []byte {
	const i, l = "\x7f", "\x7e"
	return (&Module{Pages: 1, Data: map[int]string{64: "\x01\x03\x00\x00\x00run", 128: "7"},
		Imports: []Func{{Module: "aion", Name: "answer", Params: i + i + i}, {Module: "aion", Name: "done", Params: l + i + i + i}},
		Funcs: []Func{{Export: "aion_enter", Params: i + l + i + i, Code: Code(
			Get(0), Const(7), 0x46, 0x04, 0x40, Const(0), Const(64), Const(8), Call(0),
			0x05, Const64(0), Const(0), Const(128), Const(1), Call(1), 0x0b)}}}).Bytes()
}

func archive(modules ...catalog.Module) *catalog.Archive {
	a := &catalog.Archive{Manifest: catalog.Manifest{Format: 1, ABI: 2}, Version: catalog.Version{1}, Modules: modules}
	for _, m := range modules {
		a.Manifest.Workflows = append(a.Manifest.Workflows, catalog.Workflow{Type: m.Stem(), EntryModule: m.Stem(), EntryFunction: "run"})
	}
	return a
}

// A package has types in two languages, and each run starts on that of its type.
func TestLanguagesMix(t *testing.T) {
	room := &wasm.Lazy{}
	defer func() { _ = room.Close() }()
	c := languages.Compiler{Room: room}
	script := catalog.Module{Name: "script.star", Source: []byte("def run(ctx, input):\n    return 8\n")}
	code := catalog.Module{Name: "code.wasm", Source: guest()}
	for want, a := range map[string]*catalog.Archive{"8": archive(script), "7": archive(code), "78": archive(code, script)} {
		p, err := c.Compile(context.Background(), a)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, m := range a.Members() {
			w := runtimetest.NewWorld(t, p, m, "", runtime.Limits{})
			asked := runtimetest.Show(t, w.Turn().Asked)
			got += strings.TrimSuffix(strings.TrimPrefix(asked, `WorkflowCompleted {"result":`), "}\n")
		}
		if got != want || p.Version() != a.Version {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if _, err := room.Room(); err != nil {
		t.Error(err)
	}
}

// A script, its map and its interpreter are one language beside another.
func TestScriptsMix(t *testing.T) {
	interpreter, err := project.Interpreter()
	if err != nil {
		t.Skipf("NOT TESTED: %v", err)
	}
	room := &wasm.Lazy{}
	defer func() { _ = room.Close() }()
	a := archive(catalog.Module{Name: "code.js", Source: []byte(`aion.enter = (op) => op === 7 ? aion.answer(0, '{"1":["run"]}') : aion.done(0, 0, "7")`)},
		catalog.Module{Name: "script.star", Source: []byte("def run(ctx, input):\n    return 8\n")})
	a.Modules = append(a.Modules, catalog.Module{Name: "code.js.map", Source: []byte(`{"version":3,"mappings":""}`)}, catalog.Module{Name: catalog.Interpreter, Source: interpreter})
	p, err := languages.Compiler{Room: room}.Compile(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []string{"7", "8"} {
		w := runtimetest.NewWorld(t, p, a.Members()[n], "", runtime.Limits{})
		if got := runtimetest.Show(t, w.Turn().Asked); got != `WorkflowCompleted {"result":`+want+"}\n" {
			t.Error(got)
		}
		w.Machine.Close()
	}
}

// What is wrong in either language is said of its module.
func TestLanguagesBlameTheModule(t *testing.T) {
	room := &wasm.Lazy{}
	c := languages.Compiler{Room: room}
	good := catalog.Module{Name: "code.wasm", Source: guest()}
	for module, a := range map[string]*catalog.Archive{
		"code.wasm":  archive(catalog.Module{Name: "code.wasm", Source: []byte("\x00asm")}, catalog.Module{Name: "a.star", Source: []byte("def run(ctx, input): pass\n")}),
		"wrong.star": archive(good, catalog.Module{Name: "wrong.star", Source: []byte("def run(ctx, input): return x\n")}),
	} {
		_, err := c.Compile(context.Background(), a)
		var wrong *runtime.PackageError
		if !errors.As(err, &wrong) || wrong.Module != module {
			t.Errorf("%s: %v", module, err)
		}
	}
	if err := room.Close(); err != nil {
		t.Error(err)
	}
	if _, err := c.Compile(context.Background(), archive(good)); err == nil {
		t.Error("a closed room compiles")
	}
}
