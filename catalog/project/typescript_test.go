package project

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
)

// needQuickjs skips a test that needs the interpreter, where it cannot be had.
func needQuickjs(t *testing.T) {
	t.Helper()
	if _, err := Interpreter(); err != nil {
		t.Skipf("NOT TESTED: %v", err)
	}
}

// The same sources are the same version in every folder.
func TestTypeScriptProject(t *testing.T) {
	needQuickjs(t)
	var versions []catalog.Version
	for _, folder := range []string{"first-place", "second-place/folder"} {
		dir := filepath.Join(t.TempDir(), folder)
		if err := New(dir, "ask-politely", "typescript"); err != nil {
			t.Fatal(err)
		}
		b := build(t, dir)
		versions = append(versions, b.Version)
		w := b.Manifest.Workflows[0]
		if w.Type != "ask-politely" || w.EntryModule != "main" || w.EntryFunction != "ask" || b.Manifest.ABI != 2 || b.Manifest.Driver != catalog.Driver || moduleNames(b) != "main.js main.js.map quickjs.wasm" {
			t.Errorf("%+v %s", b.Manifest, moduleNames(b))
		}
		if b.Manifest.Labels["toolchain"] != "esbuild 0.28.2, quickjs-wasi 3.7.0" {
			t.Errorf("labels %v", b.Manifest.Labels)
		}
		for _, m := range b.Modules[:2] {
			if strings.Contains(string(m.Source), "-place") || strings.Contains(string(m.Source), os.TempDir()) {
				t.Errorf("%s names the folder", m.Name)
			}
		}
		if text := string(b.Modules[1].Source); !strings.Contains(text, `"main.ts"`) || !strings.Contains(text, `"aion:src/room.ts"`) || strings.Contains(text, `"sdk/`) {
			t.Errorf("sources %.300s", text)
		}
	}
	if versions[0] != versions[1] {
		t.Errorf("versions %s", versions)
	}
}

// The version of the bundler is that of go.mod.
func TestBundlerVersion(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil || !strings.Contains(string(mod), "github.com/evanw/esbuild v"+esbuildVersion+"\n") {
		t.Errorf("go.mod has another esbuild than %s: %v", esbuildVersion, err)
	}
}

// A package may have types in both languages, and code needs no copy of the SDK.
func TestTypeScriptProjectMixes(t *testing.T) {
	needQuickjs(t)
	b := build(t, folder(t, `
-- workflow.toml --
language = "typescript"
[[workflow]]
type = "order"
[[workflow]]
entry_module = "refund"
-- order.ts --
import { sleep } from "@aion/workflow";
import { twice } from "./lib/twice";
import left from "left";
import events from "events";
export async function order(input: number) { await sleep("1s"); return left(twice(input), events); }
-- lib/twice.ts --
export const twice = (n: number) => n * 2;
-- node_modules/left/package.json --
{"main": "index.js"}
-- node_modules/left/index.js --
module.exports = (n) => n;
-- node_modules/left/no.star --
-- node_modules/events/package.json --
{"main": "index.js"}
-- node_modules/events/index.js --
module.exports = 7;
-- refund.star --
def run(ctx, input): return input
`))
	if w := b.Manifest.Workflows; w[0].EntryModule != "main" || w[0].EntryFunction != "order" || w[1].Type != "refund" || w[1].EntryFunction != "run" {
		t.Errorf("%+v", w)
	}
	if moduleNames(b) != "main.js main.js.map quickjs.wasm refund.star" {
		t.Error(moduleNames(b))
	}
	for _, name := range []string{`"order.ts"`, `"lib/twice.ts"`, `"node_modules/left/index.js"`, `"aion:src/room.ts"`} {
		if !strings.Contains(string(b.Modules[1].Source), name) {
			t.Errorf("no source %s", name)
		}
	}
}

// A cluster that has not risen to level 7 takes packages of the first driver.
func TestFirstDriver(t *testing.T) {
	needQuickjs(t)
	b := build(t, folder(t, "-- workflow.toml --\nlanguage = \"typescript\"\ndriver = 1\n[[workflow]]\ntype = \"order\"\n-- order.ts --\nexport const order = async () => 1;\n"))
	if b.Manifest.Driver != 0 || b.Manifest.ABI != 2 {
		t.Errorf("%+v", b.Manifest)
	}
}

func TestTypeScriptProjectRefuses(t *testing.T) {
	const toml = "-- workflow.toml --\nlanguage = \"typescript\"\n[[workflow]]\ntype = \"order\"\n"
	for _, tc := range []struct {
		name, files, file string
		line              int
		reason            string
	}{
		{"an unknown driver", strings.Replace(toml, "language", "driver = 3\nlanguage", 1) + "-- order.ts --\nexport const order = 1;\n", "workflow.toml", 0, "this version of Aion knows 1 to 2"},
		{"a driver of nothing", "-- workflow.toml --\ndriver = 1\n[[workflow]]\nentry_module = \"order\"\n-- order.star --\ndef run(ctx, input): return 1\n", "workflow.toml", 0, "no [[workflow]] is written in TypeScript"},
		{"no file", toml, "workflow.toml", 0, "no file src/main.ts or main.ts"},
		{"two files", toml + "-- a.ts --\n-- b.ts --\n", "workflow.toml", 0, "let main.ts export the workflow functions"},
		{"an error of the bundler", toml + "-- main.ts --\n\nexport const x = ;\n", "main.ts", 2, "Unexpected \";\""},
		{"a missing import", toml + "-- src/main.ts --\nimport x from \"./gone\";\nx();\n", "src/main.ts", 1, "Could not resolve \"./gone\""},
		{"a missing package", toml + "-- main.ts --\nimport x from \"gone\";\nx();\n", "main.ts", 1, "Could not resolve \"gone\""},
		{"files", toml + "-- main.ts --\nimport * as a from \"./a\";\nexport { a };\n-- a.ts --\n\nimport fs from \"fs\";\nfs.x();\n", "a.ts", 2, "imports \"fs\" of Node.js"},
		{"promises of files", toml + "-- main.ts --\nimport fs from \"node:fs/promises\";\nfs.x();\n", "main.ts", 1, "let an activity do that"},
		{"waiting at the top", toml + "-- main.ts --\nawait 1;\n", "main.ts", 1, "Top-level await"},
		{"another interpreter", toml + "-- main.ts --\n-- node_modules/quickjs-wasi/quickjs.wasm --\nx\n", "node_modules/quickjs-wasi/quickjs.wasm", 0, "is not the file of quickjs-wasi 3.7.0"},
	} {
		_, err := Build(folder(t, tc.files))
		var invalid *Invalid
		if !errors.As(err, &invalid) || invalid.File != tc.file || invalid.Line != tc.line || !strings.Contains(invalid.Reason, tc.reason) {
			t.Errorf("%s: %+v", tc.name, err)
		}
	}
	_, err := BuildWithoutTools(folder(t, toml+"-- main.ts --\n"))
	if err == nil || !strings.Contains(err.Error(), "compiled where its toolchain is") {
		t.Errorf("without tools: %v", err)
	}
}

// Without a network the error says what to do.
func TestTypeScriptOffline(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("npm_config_registry", "http://127.0.0.1:1/")
	dir := folder(t, "-- workflow.toml --\nlanguage = \"typescript\"\n[[workflow]]\ntype = \"order\"\n-- main.ts --\nexport const order = () => 1;\n")
	_, err := Build(dir)
	if missing := (*NoInterpreter)(nil); !errors.As(err, &missing) || !strings.Contains(err.Error(), "npm install quickjs-wasi@3.7.0") {
		t.Error(err)
	}
	if _, err := unpackQuickjs([]byte("x")); err == nil || !strings.Contains(err.Error(), "is not quickjs-wasi 3.7.0") {
		t.Error(err)
	}
}

func TestTypeErrors(t *testing.T) {
	err := typeError("src/order.ts(12,3): error TS2322: Type 'string' is not assignable to type 'number'.\n")
	if err.Error() != "src/order.ts:12:3: TS2322: Type 'string' is not assignable to type 'number'." {
		t.Error(err)
	}
	if err := typeError("error TS18003: No inputs were found\n"); !strings.Contains(err.Error(), "tsc fails: error TS18003") {
		t.Error(err)
	}
}
