package project

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/internal/jsonvectors"
)

// TestJSONTextsOfAProject writes every text of the table into a schema's file. A project is packed
// exactly if the schema has a digest; the archive that comes of it opens, and its manifest holds
// the same schema. What has none is refused by the key that names the file.
func TestJSONTextsOfAProject(t *testing.T) {
	dir := folder(t, small+"-- schema.json --\n{}\n")
	config := "[[workflow]]\nentry_module = \"order\"\ninput_schema = \"schema.json\"\n"
	if err := os.WriteFile(filepath.Join(dir, ConfigName), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	packed := 0
	for _, text := range jsonvectors.Texts() {
		schema := `{"const":` + text.Text + `}`
		if err := os.WriteFile(filepath.Join(dir, "schema.json"), []byte(schema), 0o600); err != nil {
			t.Fatal(err)
		}
		want, flaw := catalog.SchemaDigest(json.RawMessage(schema))
		b, err := Build(dir)
		if flaw != nil {
			var invalid *Invalid
			if !errors.As(err, &invalid) || invalid.Key != "workflow[0].input_schema" {
				t.Errorf("%.60q: %v, want a refusal: %v", text.Text, err, flaw)
			}
			continue
		}
		if err != nil {
			t.Errorf("%.60q: %v", text.Text, err)
			continue
		}
		packed++
		archive, err := catalog.Open(b.Archive, catalog.DefaultLimits())
		if err != nil {
			t.Errorf("%.60q: packed, and not opened: %v", text.Text, err)
			continue
		}
		if got, err := catalog.SchemaDigest(archive.Manifest.Workflows[0].InputSchema); err != nil || got != want {
			t.Errorf("%.60q: the manifest has %.60q, %v", text.Text, archive.Manifest.Workflows[0].InputSchema, err)
		}
	}
	if packed < 100 {
		t.Errorf("%d texts were packed only", packed)
	}
}
