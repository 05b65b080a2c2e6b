package project

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"aion.dev/aion/catalog"
)

const small = `-- workflow.toml --
[[workflow]]
entry_module = "order"
-- order.star --
def run(ctx, input): return input
`

// folder writes a txtar archive into a new folder.
func folder(t *testing.T, files string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(files)).Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func build(t *testing.T, dir string) *Built {
	t.Helper()
	b, err := Build(dir)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func moduleNames(b *Built) string {
	var names []string
	for _, m := range b.Modules {
		names = append(names, m.Name)
	}
	return strings.Join(names, " ")
}

func TestBuildDefaults(t *testing.T) {
	b := build(t, folder(t, small))
	w := b.Manifest.Workflows[0]
	if w.Type != "order" || w.EntryFunction != "run" || w.Timeout != "" || w.InputSchema != nil || b.Manifest.Activities == nil {
		t.Errorf("manifest %+v", b.Manifest)
	}
	if b.FileName() != "order.aion" || b.Version != b.Manifest.Version || moduleNames(b) != "order.star" {
		t.Errorf("%s %s %s", b.FileName(), b.Version, moduleNames(b))
	}
}

func TestBuildEverything(t *testing.T) {
	b := build(t, folder(t, `
-- workflow.toml --
description = "Orders"
labels = { team = "a" }
[[workflow]]
type = "order"
entry_module = "flows/order"
entry_function = "go"
timeout = "72h"
input_schema = "schemas/order.json"
output_schema = "./schemas/../schemas/any.json"
activities = ["ship", "charge"]
[[workflow]]
entry_module = "flows/refund"
activities = ["charge", "refund"]
-- schemas/order.json --
{ "type": "object" }
-- schemas/any.json --
true
-- flows/order.star --
-- flows/refund.star --
-- flows/refund_test.star --
-- lib.star --
-- .git/hook.star --
-- .hidden.star --
-- notes.txt --
`))
	m := b.Manifest
	if got, want := moduleNames(b), "flows/order.star flows/refund.star lib.star"; got != want {
		t.Errorf("modules %s, want %s", got, want)
	}
	if strings.Join(m.Activities, " ") != "charge refund ship" || m.Workflows[1].Type != "refund" || m.Description != "Orders" || m.Labels["team"] != "a" {
		t.Errorf("manifest %+v", m)
	}
	if w := m.Workflows[0]; string(w.InputSchema) != `{"type":"object"}` || string(w.OutputSchema) != "true" || w.EntryFunction != "go" {
		t.Errorf("workflow %+v", w)
	}
	if _, err := catalog.Open(b.Archive, catalog.Limits{}); err != nil {
		t.Error(err)
	}
}

// With src, its files are named relative to it, beside those next to workflow.toml. Other folders
// are ignored.
func TestBuildSrc(t *testing.T) {
	b := build(t, folder(t, small+`
-- src/lib/x.star --
-- src/y_test.star --
-- tools/z.star --
`))
	if got, want := moduleNames(b), "lib/x.star order.star"; got != want {
		t.Errorf("modules %s, want %s", got, want)
	}
}

// The same files pack to the same bytes, whatever their times, modes and place.
func TestBuildIsReproducible(t *testing.T) {
	a := folder(t, small+"-- lib/a.star --\n-- lib/b.star --\n")
	b := folder(t, "-- lib/b.star --\n-- lib/a.star --\n"+small)
	old := time.Date(1971, 2, 3, 4, 5, 6, 0, time.FixedZone("somewhere", 3600))
	if err := os.Chtimes(filepath.Join(b, "order.star"), old, old); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(b, "order.star"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TZ", "Asia/Tokyo")
	t.Setenv("LC_ALL", "tr_TR.UTF-8")
	if !bytes.Equal(build(t, a).Archive, build(t, b).Archive) {
		t.Error("the same project packed to different bytes")
	}
	const want = "082f8e0c" // pinned: a change here changes what users have packed
	if got := build(t, folder(t, small)).Version.String()[:8]; got != want {
		t.Errorf("version %s, want %s", got, want)
	}
}

func TestBuildRefuses(t *testing.T) {
	with := func(toml string) string {
		return "-- workflow.toml --\n" + toml + "\n-- order.star --\n-- s.json --\n{\n-- list.json --\n[]\n-- ok.json --\n{}\n"
	}
	entry := "[[workflow]]\nentry_module = \"order\"\n"
	for _, tc := range []struct {
		name, files string
		file        string
		line        int
		key, reason string
	}{
		{"no workflow.toml", "-- order.star --\n", "workflow.toml", 0, "", "is no project"},
		{"no workflow", with(`description = "x"`), "workflow.toml", 0, "", "no [[workflow]]"},
		{"unknown key", with("\ncolour = 1\n" + entry), "workflow.toml", 2, "colour", "unknown key"},
		{"unknown key of a workflow", with(entry + "retries = 1"), "workflow.toml", 3, "workflow.retries", "unknown key"},
		{"unknown table", with(entry + "[extra]\na = 1"), "workflow.toml", 3, "extra", "unknown key"},
		{"no TOML", with("description = "), "workflow.toml", 1, "", "is wrong"},
		{"wrong kind", with(entry + "timeout = 3"), "workflow.toml", 3, "", "is wrong"},
		{"key twice", with("description = \"a\"\ndescription = \"b\"\n" + entry), "workflow.toml", 2, "", "is wrong"},
		{"no entry module", with("[[workflow]]\ntype = \"a\""), "workflow.toml", 0, "workflow[0].entry_module", "missing"},
		{"entry module with extension", with("[[workflow]]\nentry_module = \"order.star\""), "workflow.toml", 0, "workflow[0].entry_module", `write "order"`},
		{"entry module unknown", with("[[workflow]]\nentry_module = \"other\""), "workflow.toml", 0, "workflow[0].entry_module", "no such module"},
		{"type", with(entry + `type = "a b"`), "workflow.toml", 0, "workflow[0].type", "allowed are"},
		{"types equal", with(entry + entry), "workflow.toml", 0, "workflow[1].type", "repeats"},
		{"timeout", with(entry + `timeout = "3 days"`), "workflow.toml", 0, "workflow[0].timeout", "no duration"},
		{"schema missing", with(entry + `input_schema = "none.json"`), "workflow.toml", 0, "workflow[0].input_schema", "cannot be read"},
		{"schema outside", with(entry + `input_schema = "../s.json"`), "workflow.toml", 0, "workflow[0].input_schema", "not a path inside"},
		{"schema absolute", with(entry + `input_schema = "/etc/passwd"`), "workflow.toml", 0, "workflow[0].input_schema", "not a path inside"},
		{"schema is a folder", with(entry + `input_schema = "."`), "workflow.toml", 0, "workflow[0].input_schema", "no regular file"},
		{"schema is no JSON", with(entry + `input_schema = "s.json"`), "workflow.toml", 0, "workflow[0].input_schema", "no JSON"},
		{"schema is a list", with(entry + `output_schema = "list.json"`), "workflow.toml", 0, "workflow[0].output_schema", "no JSON Schema"},
		{"host module", small + "-- aion/x.star --\n", "aion/x.star", 0, "", "belongs to the host"},
		{"module beside and in src", small + "-- src/order.star --\n", "order.star", 0, "", "appears twice"},
		{"module with dollar", small + "-- a$b.star --\n", "a$b.star", 0, "", "'$'"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Build(folder(t, tc.files))
			var invalid *Invalid
			if !errors.As(err, &invalid) {
				t.Fatalf("got %v, want *Invalid", err)
			}
			if invalid.File != tc.file || invalid.Line != tc.line || tc.key != "" && invalid.Key != tc.key || !strings.Contains(err.Error(), tc.reason) {
				t.Errorf("got %+v (%v)", *invalid, err)
			}
			if invalid.Code() != "invalid_package" || invalid.Facts()["file"] != tc.file {
				t.Errorf("code %s, facts %v", invalid.Code(), invalid.Facts())
			}
		})
	}
	if _, err := Build(filepath.Join(t.TempDir(), "absent")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent folder: %v", err)
	}
}

func TestBuildLinks(t *testing.T) {
	outside := folder(t, "-- x.star --\n-- s.json --\n{}\n")
	schema := strings.Replace(small, "-- order.star", "input_schema = \"s.json\"\n-- order.star", 1) + "-- schemas/s.json --\n{}\n"
	for _, tc := range []struct{ name, files, link, target, refused string }{
		{"module", small, "x.star", filepath.Join(outside, "x.star"), "x.star"},
		{"module inside", small, "x.star", "order.star", "x.star"},
		{"folder", small, "lib", outside, "lib"},
		{"folder inside, with src", small + "-- src/a/x.star --\n", "src/b", "a", "src/b"},
		{"circle", small, "self", ".", "self"},
		{"src", small, "src", outside, "src"},
		{"schema outside", schema, "s.json", filepath.Join(outside, "s.json"), "workflow.toml"},
		{"schema inside", schema, "s.json", "schemas/s.json", ""},
		{"something else", small + "-- src/x.star --\n", "result", outside, ""},
		{"hidden", small, ".link", outside, ""},
		{"file that is no module", small, "README", "order.star", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := folder(t, tc.files)
			if err := os.Symlink(tc.target, filepath.Join(dir, filepath.FromSlash(tc.link))); err != nil {
				t.Skip(err)
			}
			_, err := Build(dir)
			var invalid *Invalid
			if errors.As(err, &invalid); (err != nil) != (tc.refused != "") || invalid != nil && invalid.File != tc.refused {
				t.Errorf("got %v, want %q refused", err, tc.refused)
			}
		})
	}
	real := folder(t, small)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(real, link); err != nil {
		t.Skip(err)
	}
	build(t, link) // the folder itself may be reached through a link
}
