package bench

import (
	"os"
	"path/filepath"
	"testing"
)

// TestPublished holds that the tables of docs/PERFORMANCE.md are what `aion-node bench report`
// writes from the measurements beside it.
func TestPublished(t *testing.T) {
	const page = "../../../docs/PERFORMANCE.md"
	files, err := filepath.Glob("../../../docs/performance/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("there is no measurement in docs/performance: %v", err)
	}
	var reports []*Report
	for _, f := range files {
		r, err := ReadReport(f)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Left) > 0 || !r.Cluster.Own {
			t.Errorf("%s is of a cluster of others, or left %v in it", f, r.Left)
		}
		reports = append(reports, r)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	want, err := WriteInto(string(text), Page(reports))
	if err != nil {
		t.Fatalf("%s: %v", page, err)
	}
	if string(text) != want {
		t.Errorf("%s is not what its measurements say: make performance-page writes it", page)
	}
}
