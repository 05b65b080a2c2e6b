package schema

import (
	"strings"
	"testing"

	"aion.dev/aion/catalog"
)

// A deploy refuses a schema that refers to another file, and names the file.
func TestASchemaRefersToAnotherFile(t *testing.T) {
	a := &catalog.Archive{Manifest: catalog.Manifest{Workflows: []catalog.Workflow{{Type: "w", InputSchema: []byte(`{"properties":{"a":{"$ref":"address.json"}}}`)}}}}
	err := CheckArchive(t.Context(), a, DefaultPatterns)
	if err == nil || !strings.Contains(err.Error(), "workflows[0].input_schema") || !strings.Contains(err.Error(), "it refers to address.json, which is outside the package") {
		t.Errorf("got %v", err)
	}
}
