package bench

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDiskOf(t *testing.T) {
	folder := t.TempDir()
	for path, size := range map[string]int{
		"state/live/000001.sst": 100, "state/LOCK": 0, "state/snap-1/000001.sst": 100, "raft/wal/1.wal": 20, "raft/stable.db": 2,
		"raft/snapshots/2-9-1/state.bin": 300, "blobs/x": 4, "reserve": 5,
	} {
		path = filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := Disk{State: 100, Log: 22, Snapshots: 300, Other: 9}
	if got, err := diskOf(folder); err != nil || got != want || got.all() != 431 {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if got, err := diskOf(filepath.Join(folder, "none")); err != nil || got != (Disk{}) {
		t.Errorf("a folder that is not there: %+v, %v", got, err)
	}
}
