package cluster

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestKeptBackups remembers the newest one, across starts. A file that cannot be read is said, and
// the next one takes its place.
func TestKeptBackups(t *testing.T) {
	dir := t.TempDir()
	open := func() *keptBackups {
		t.Helper()
		k, err := openKept(dir)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	if b, some := open().get(); some {
		t.Errorf("at first there is %+v", b)
	}
	first := KeptBackup{ID: "b-1", Index: 7, Point: time.Unix(1000, 0).UTC(), Every: time.Minute}
	older := KeptBackup{ID: "b-0", Index: 6, Point: time.Unix(999, 0).UTC()}
	for _, b := range []KeptBackup{first, older} {
		if err := open().note(b); err != nil {
			t.Fatal(err)
		}
	}
	if b, _ := open().get(); b != first {
		t.Errorf("it remembers %+v", b)
	}
	if err := os.WriteFile(filepath.Join(dir, keptFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := openKept(dir)
	if err == nil {
		t.Error("a file that cannot be read is not said")
	}
	if err := k.note(older); err != nil {
		t.Fatal(err)
	}
	if b, _ := open().get(); b != older {
		t.Errorf("it remembers %+v", b)
	}
}
