package catalog_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
)

func TestManifestRefused(t *testing.T) {
	first := func(edit func(*catalog.Workflow)) func(*catalog.Manifest) {
		return func(m *catalog.Manifest) { edit(&m.Workflows[0]) }
	}
	for _, tc := range []struct {
		name   string
		edit   func(*catalog.Manifest)
		field  string
		reason string
	}{
		{"format", func(m *catalog.Manifest) { m.Format = 2 }, "format", "only 1 is known"},
		{"no format", func(m *catalog.Manifest) { m.Format = 0 }, "format", "only 1 is known"},
		{"abi", func(m *catalog.Manifest) { m.ABI = 3 }, "abi", "only 1 to 2 are known"},
		{"first driver", func(m *catalog.Manifest) { m.Driver = 1 }, "driver", "without it the first is meant"},
		{"driver", func(m *catalog.Manifest) { m.Driver = 3 }, "driver", "only 2 is known"},
		{"no workflows", func(m *catalog.Manifest) { m.Workflows = nil }, "workflows", "is empty"},
		{"no type", first(func(w *catalog.Workflow) { w.Type = "" }), "workflows[0].type", "empty"},
		{"type with slash", first(func(w *catalog.Workflow) { w.Type = "a/b" }), "workflows[0].type", "allowed are"},
		{"type with equals sign", first(func(w *catalog.Workflow) { w.Type = "a=b" }), "workflows[0].type", "allowed are"},
		{"type with dot first", first(func(w *catalog.Workflow) { w.Type = ".a" }), "workflows[0].type", "starts with a dot"},
		{"long type", first(func(w *catalog.Workflow) { w.Type = strings.Repeat("a", 201) }), "workflows[0].type", "at most 200"},
		{"same type", func(m *catalog.Manifest) { m.Workflows[1].Type = "order" }, "workflows[1].type", "repeats"},
		{"no module", first(func(w *catalog.Workflow) { w.EntryModule = "" }), "workflows[0].entry_module", "empty name"},
		{"module outside", first(func(w *catalog.Workflow) { w.EntryModule = "../order" }), "workflows[0].entry_module", "between slashes"},
		{"module of the host", first(func(w *catalog.Workflow) { w.EntryModule = "aion/x" }), "workflows[0].entry_module", "host"},
		{"unknown module", first(func(w *catalog.Workflow) { w.EntryModule = "other" }), "workflows[0].entry_module", "no such module"},
		{"module with extension", first(func(w *catalog.Workflow) { w.EntryModule = "order.star" }), "workflows[0].entry_module", "must not end in .star"},
		{"no function", first(func(w *catalog.Workflow) { w.EntryFunction = "" }), "workflows[0].entry_function", "empty"},
		{"function with dash", first(func(w *catalog.Workflow) { w.EntryFunction = "run-it" }), "workflows[0].entry_function", "no function name"},
		{"function with digit first", first(func(w *catalog.Workflow) { w.EntryFunction = "1st" }), "workflows[0].entry_function", "no function name"},
		{"timeout", first(func(w *catalog.Workflow) { w.Timeout = "3 days" }), "workflows[0].timeout", "no duration"},
		{"zero timeout", first(func(w *catalog.Workflow) { w.Timeout = "0s" }), "workflows[0].timeout", "more than zero"},
		{"negative timeout", first(func(w *catalog.Workflow) { w.Timeout = "-1s" }), "workflows[0].timeout", "more than zero"},
		{"schema is no JSON", first(func(w *catalog.Workflow) { w.InputSchema = []byte("{") }), "workflows[0].input_schema", "no JSON"},
		{"schema is null", first(func(w *catalog.Workflow) { w.InputSchema = []byte("null") }), "workflows[0].input_schema", "no JSON Schema"},
		{"schema is a list", first(func(w *catalog.Workflow) { w.OutputSchema = []byte("[]") }), "workflows[0].output_schema", "no JSON Schema"},
		{"schema is empty", first(func(w *catalog.Workflow) { w.OutputSchema = []byte{} }), "workflows[0].output_schema", "no JSON"},
		{"activities missing", func(m *catalog.Manifest) { m.Activities = nil }, "activities", "write []"},
		{"activities unsorted", func(m *catalog.Manifest) { slices.Reverse(m.Activities) }, "activities[1]", "must be sorted"},
		{"activity twice", func(m *catalog.Manifest) { m.Activities[1] = m.Activities[0] }, "activities[1]", "repeats"},
		{"activity name", func(m *catalog.Manifest) { m.Activities[0] = "a b" }, "activities[0]", "allowed are"},
		{"description", func(m *catalog.Manifest) { m.Description = "\xff" }, "description", "UTF-8"},
		{"label", func(m *catalog.Manifest) { m.Labels = map[string]string{"a": "\xff"} }, "labels", "UTF-8"},
		{"label without name", func(m *catalog.Manifest) { m.Labels = map[string]string{"": "a"} }, "labels", "empty name"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := catalog.Write(order(tc.edit), sources())
			refused(t, err, "invalid_package", tc.reason)
			var invalid *catalog.InvalidPackage
			if errors.As(err, &invalid); invalid.Field != tc.field || invalid.Entry != catalog.ManifestName {
				t.Errorf("blames %q of %q, want %q", invalid.Field, invalid.Entry, tc.field)
			}
		})
	}
}

func TestManifestTooLarge(t *testing.T) {
	many := func(n int) func(*catalog.Manifest) {
		return func(m *catalog.Manifest) {
			for i := len(m.Workflows); i < n; i++ {
				m.Workflows = append(m.Workflows, catalog.Workflow{Type: fmt.Sprint("t", i), EntryModule: "order", EntryFunction: "run"})
			}
		}
	}
	for _, tc := range []struct {
		what string
		edit func(*catalog.Manifest)
	}{
		{"workflows", many(257)},
		{"entry_bytes", func(m *catalog.Manifest) { m.Description = strings.Repeat("a", 64<<10) }},
		{"entry_bytes", func(m *catalog.Manifest) { m.Labels = map[string]string{"a": strings.Repeat("a", 64<<10)} }},
		{"manifest_bytes", func(m *catalog.Manifest) {
			m.Workflows[0].InputSchema = []byte(`{"title":"` + strings.Repeat("a", 1<<20) + `"}`)
		}},
	} {
		_, err := catalog.Write(order(tc.edit), sources())
		var tooLarge *catalog.PackageTooLarge
		if !errors.As(err, &tooLarge) || tooLarge.What != tc.what {
			t.Errorf("%s: got %v", tc.what, err)
		}
	}
	open(t, write(t, order(many(256)), sources()))
}

// Contents of a manifest.json that no Manifest can express.
func TestManifestJSONRefused(t *testing.T) {
	for _, tc := range []struct{ name, old, new, reason string }{
		{"unknown key", `"abi":1`, `"abi":1,"colour":"red"`, `unknown field "colour"`},
		{"unknown key of a workflow", `"type":"order"`, `"type":"order","retries":3`, `unknown field "retries"`},
		{"key twice", `"abi":1`, `"abi":1,"abi":1`, "Duplicate key"},
		{"other case", `"abi":1`, `"ABI":1`, "other letter case"},
		{"both cases", `"abi":1`, `"abi":1,"ABI":1`, "other letter case"},
		{"description in other case", `"abi":1`, `"abi":1,"Description":"x"`, "other letter case"},
		{"null for absent", `"type":"refund"`, `"type":"refund","timeout":null`, "null or empty"},
		{"empty for absent", `"type":"refund"`, `"type":"refund","timeout":""`, "null or empty"},
		{"null schema", `"type":"refund"`, `"type":"refund","input_schema":null`, "no JSON Schema"},
		{"null activities", `["charge_card","ship"]`, `null`, "write []"},
		{"wrong kind", `"abi":1`, `"abi":"1"`, "is no manifest: abi is a JSON string"},
		{"fraction", `"abi":1`, `"abi":1.5`, "is no manifest"},
		{"huge number", `"abi":1`, `"abi":1e999`, "is no manifest"},
		{"no JSON", `{"abi"`, `{abi`, "is no manifest"},
		{"trailing", `"abi":1`, `"abi":1}{`, "is no manifest"},
		{"not UTF-8", `"ship"`, "\"sh\xff\"", "is no manifest"},
		{"lone surrogate", `"ship"`, `"sh\ud800"`, "is no manifest"},
		{"no version", `"version":`, `"description":`, "is missing"},
		{"short version", `"version":"`, `"version":"00`, "is no manifest"},
		{"other version", `"format":1`, `"format":1,"labels":{}`, ""},
		{"hashed content changed", `"entry_function":"run"`, `"entry_function":"rum"`, "hashes to"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			entries := unpack(t, write(t, order(), sources()))
			if !strings.Contains(entries[0].content, tc.old) {
				t.Fatalf("no %s in %s", tc.old, entries[0].content)
			}
			entries[0].content = strings.Replace(entries[0].content, tc.old, tc.new, 1)
			_, err := catalog.Open(pack(t, entries), catalog.Limits{})
			if tc.reason == "" { // description and labels are outside the version
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			refused(t, err, "invalid_package", tc.reason)
		})
	}
}

// RFC 8785 reads numbers as doubles. Two schemas that hash alike must be enforced alike.
func TestSchemaIsWhatIsHashed(t *testing.T) {
	with := func(schema string) *catalog.Archive {
		m := order(func(m *catalog.Manifest) { m.Workflows[0].InputSchema = []byte(schema) })
		return open(t, write(t, m, sources()))
	}
	a, b := with(`{"maximum": 9007199254740992}`), with(`{"maximum":9.007199254740992e15 }`)
	if a.Version != b.Version || string(a.Manifest.Workflows[0].InputSchema) != string(b.Manifest.Workflows[0].InputSchema) {
		t.Errorf("%s and %s", a.Manifest.Workflows[0].InputSchema, b.Manifest.Workflows[0].InputSchema)
	}
	entries := unpack(t, write(t, a.Manifest, sources()))
	entries[0].content = strings.Replace(entries[0].content, "9007199254740992", "9007199254740993", 1)
	c := open(t, pack(t, entries))
	if got, want := string(c.Manifest.Workflows[0].InputSchema), `{"maximum":9007199254740992}`; got != want || c.Version != a.Version {
		t.Errorf("enforces %s under version %s, want %s", got, c.Version.Short(), want)
	}
	if a.Rounded != "" || !strings.HasPrefix(c.Rounded, "workflows[0].input_schema holds the number 9007199254740993") { // deploys refuse it
		t.Errorf("rounded: %q, %q", a.Rounded, c.Rounded)
	}
	if c.Members()[0].InputSchema != a.Members()[0].InputSchema || c.ManifestDigest == a.ManifestDigest {
		t.Error("schema digest must not depend on the spelling, manifest digest must")
	}
}
