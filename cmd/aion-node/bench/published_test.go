package bench

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestPublished holds that the tables of docs/PERFORMANCE.md and docs/SCALE.md are what `aion-node
// bench report` writes from the measurements beside them.
func TestPublished(t *testing.T) {
	for page, measurements := range map[string]string{"PERFORMANCE.md": "performance/*.json", "SCALE.md": "performance/scale/*.json"} {
		page := filepath.Join("../../../docs", page)
		files, err := filepath.Glob(filepath.Join("../../../docs", measurements))
		if err != nil || len(files) == 0 {
			t.Fatalf("there is no measurement for %s: %v", page, err)
		}
		part, err := Markdown(files)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		want, err := WriteInto(string(text), part)
		if err != nil {
			t.Fatalf("%s: %v", page, err)
		}
		if string(text) != want {
			t.Errorf("%s is not what its measurements say: make performance-page writes it", page)
		}
	}
}

// TestPublishedSpeed holds that what is published was measured on a cluster of its own.
func TestPublishedSpeed(t *testing.T) {
	files, err := filepath.Glob("../../../docs/performance/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var r Report
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		if r.Results == nil {
			continue // a report of bench failover, which has no cluster of others
		}
		if len(r.Left) > 0 || !r.Cluster.Own {
			t.Errorf("%s is of a cluster of others, or left %v in it", f, r.Left)
		}
	}
}
