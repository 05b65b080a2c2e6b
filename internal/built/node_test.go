package built

import (
	"os"
	"path/filepath"
	"testing"
)

// What the variable names is what tests run; one that is not there is no node.
func TestNodeThatIsThere(t *testing.T) {
	dir := t.TempDir()
	there, path := filepath.Join(dir, "there"), filepath.Join(dir, "aion-node")
	t.Setenv(Variable, there)
	if err := Node(path); err == nil {
		t.Error("a binary that is not there was taken")
	}
	if err := os.WriteFile(there, []byte("a node"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Node(path); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "a node" {
		t.Errorf("it is %q, %v", b, err)
	}
}
