package cluster

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aion.dev/aion/cluster/folder"
	"github.com/hashicorp/go-hclog"
)

func TestCondemnedStateIsSetAsideAndNotUsedAgain(t *testing.T) {
	dir := t.TempDir()
	id, err := folder.OpenIdentity(dir, "n1")
	if err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(dir, "state")
	if err := os.MkdirAll(filepath.Join(state, "live"), 0o700); err != nil {
		t.Fatal(err)
	}
	c := &Cluster{cfg: Config{DataDir: dir, Parts: &Parts{}}, id: "n1", identity: id, log: hclog.NewNullLogger()}
	if err := c.quarantine(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(state); err != nil {
		t.Errorf("a sound state was set aside: %v", err)
	}

	c.condemn(errors.New("two of three differ"))
	// The process may die here; the next start then sets the state aside.
	id.Close()
	_, err = Open(Config{DataDir: dir, Parts: &Parts{}})
	if err == nil || !strings.Contains(err.Error(), "quarantined") || !strings.Contains(err.Error(), "two of three differ") {
		t.Errorf("opening a quarantined folder: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "state.quarantined", "live")); err != nil {
		t.Errorf("the state is not set aside: %v", err)
	}
	if _, err := os.Stat(state); err == nil {
		t.Error("the condemned state is still in use")
	}
	// The refused start released the folder.
	again, err := folder.OpenIdentity(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}
