package catalog_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"aion.dev/aion/catalog"
)

// FuzzOpen looks for input that makes Open panic, allocate beyond its limits, refuse without a
// code, or accept what Write would not write.
func FuzzOpen(f *testing.F) {
	good := write(f, order(), sources())
	f.Add(good)
	f.Add(pack(f, unpack(f, good)))
	f.Add(deflate(f, unpack(f, good)))
	f.Add(prepend(good, 3))
	f.Add(good[:len(good)/2])
	f.Add([]byte("PK\x05\x06" + string(make([]byte, 18))))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		limits := catalog.Limits{MaxArchiveBytes: 1 << 20, MaxInflatedBytes: 1 << 20, MaxEntries: 100}
		a, err := catalog.Open(data, limits)
		if !bytes.Equal(data, before) {
			t.Fatal("Open changed its input")
		}
		if err != nil {
			if c := code(err); c != "invalid_package" && c != "package_too_large" {
				t.Fatalf("refused with %s", c)
			}
			return
		}
		again, err := catalog.Write(a.Manifest, a.Modules)
		if err != nil {
			t.Fatalf("accepted what Write refuses: %v", err)
		}
		b, err := catalog.Open(again, catalog.Limits{})
		if err != nil || b.Version != a.Version {
			t.Fatalf("rewritten archive: version %v, %v, want %s", b, err, a.Version)
		}
		if p := a.Package(); p.Validate() != nil {
			t.Fatalf("accepted a package that cannot be loaded: %v", p.Validate())
		}
	})
}

func quoteJSON(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return b
}
