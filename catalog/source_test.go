package catalog_test

import (
	"maps"
	"testing"

	"aion.dev/aion/catalog"
)

// Files are found by the names that errors have for them; what is damaged or missing is no file.
func TestSourceFiles(t *testing.T) {
	got := catalog.SourceFiles([]catalog.Module{
		{Name: "lib/x.star", Source: []byte("star")},
		{Name: "main.js", Source: []byte("bundle")},
		{Name: "main.js.map", Source: []byte(`{"version":3,"sources":["main.ts","gone.ts","main.js",null,"short.ts"],"sourcesContent":["ts",null,"other","x"]}`)},
		{Name: "other.js.map", Source: []byte(`{"sources":["a.ts"],"sourcesContent":[7]}`)},
		{Name: "quickjs.wasm", Source: []byte("wasm")},
	})
	want := map[string]string{"lib/x.star": "star", "main.js": "bundle", "main.ts": "ts"}
	delete(got, "main.js.map")
	delete(got, "other.js.map")
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
