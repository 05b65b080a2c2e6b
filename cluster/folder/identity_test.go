package folder

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aion.dev/aion/internal/want"
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
	want.Error(t, err, "node.id", "node-a", "node-b")
	_, err = OpenIdentity(t.TempDir(), "../evil")
	want.Error(t, err, "node.id", "../evil")
}

func TestIdentityLockNamesTheHolder(t *testing.T) {
	dir := t.TempDir()
	id := mustIdentity(t, dir, "")
	_, err := OpenIdentity(dir, "")
	want.Error(t, err, dir, fmt.Sprint(os.Getpid()))
	id.Close()
	mustIdentity(t, dir, "").Close()
}

func TestIdentityKeepsItsCluster(t *testing.T) {
	dir := t.TempDir()
	id := mustIdentity(t, dir, "")
	if err := id.SetClusterID("c-1"); err != nil {
		t.Fatal(err)
	}
	want.Error(t, id.SetClusterID("c-2"), "c-1", "c-2")
	id.Close()
	again := mustIdentity(t, dir, "")
	defer again.Close()
	if again.ClusterID() != "c-1" {
		t.Fatalf("got cluster %q", again.ClusterID())
	}
}

func TestIdentityRefusesNewerFormatAndRubbish(t *testing.T) {
	for content, says := range map[string]string{
		`{"format":99,"node_id":"n-1"}`: "newer",
		`{"format":1,"node_id":""}`:     "not an identity",
		`{"format":1,`:                  identityFile,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, identityFile), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := OpenIdentity(dir, "")
		want.Error(t, err, says)
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
