package main

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// The demo is the product's main job on real input, so it is a test, too.
func TestDemo(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "aion-node")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../cmd/aion-node").CombinedOutput(); err != nil {
		t.Fatalf("build aion-node: %v\n%s", err, out)
	}
	if err := run(binary, "../../docs/examples"); err != nil {
		t.Fatal(err)
	}
}
