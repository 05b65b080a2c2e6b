package folder

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestIdentityIsGeneratedOnceAndKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "data")
	id := mustIdentity(t, dir, "")
	if !id.Fresh || len(id.NodeID) != len("n-00000000") || !strings.HasPrefix(id.NodeID, "n-") {
		t.Fatalf("got %+v", id)
	}
	id.Close()
	again := mustIdentity(t, dir, id.NodeID)
	defer again.Close()
	if again.Fresh || again.NodeID != id.NodeID {
		t.Fatalf("got %+v, want node %s kept", again, id.NodeID)
	}
}

func TestIdentityRefusesAnotherNode(t *testing.T) {
	dir := t.TempDir()
	mustIdentity(t, dir, "node-a").Close()
	_, err := OpenIdentity(dir, "node-b")
	wantError(t, err, "node.id", "node-a", "node-b")
	_, err = OpenIdentity(t.TempDir(), "../evil")
	wantError(t, err, "node.id", "../evil")
}

func TestIdentityLockNamesTheHolder(t *testing.T) {
	dir := t.TempDir()
	id := mustIdentity(t, dir, "")
	_, err := OpenIdentity(dir, "")
	wantError(t, err, dir, fmt.Sprint(os.Getpid()))
	id.Close()
	mustIdentity(t, dir, "").Close()
}

func TestIdentityKeepsItsCluster(t *testing.T) {
	dir := t.TempDir()
	id := mustIdentity(t, dir, "")
	if err := id.SetClusterID("c-1"); err != nil {
		t.Fatal(err)
	}
	wantError(t, id.SetClusterID("c-2"), "c-1", "c-2")
	id.Close()
	again := mustIdentity(t, dir, "")
	defer again.Close()
	if again.ClusterID() != "c-1" {
		t.Fatalf("got cluster %q", again.ClusterID())
	}
}

func TestIdentityRefusesNewerFormatAndRubbish(t *testing.T) {
	for content, want := range map[string]string{
		`{"format":99,"node_id":"n-1"}`: "newer",
		`{"format":1,"node_id":""}`:     "not an identity",
		`{"format":1,`:                  identityFile,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, identityFile), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := OpenIdentity(dir, "")
		wantError(t, err, want)
		// The refusal released the lock: repairing the file needs no restart.
		os.Remove(filepath.Join(dir, identityFile))
		mustIdentity(t, dir, "").Close()
	}
}

func mustIdentity(t *testing.T, dir, want string) *Identity {
	t.Helper()
	id, err := OpenIdentity(dir, want)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// wantError fails unless err says all of parts.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one that says %q", parts)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q does not say %q", err, p)
		}
	}
}
