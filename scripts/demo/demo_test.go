package main

import (
	"path/filepath"
	"testing"

	"aion.dev/aion/internal/built"
)

// The demo is the product's main job on real input, so it is a test, too.
func TestDemo(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "aion-node")
	if err := built.Node(binary); err != nil {
		t.Fatal(err)
	}
	if err := run(binary, "../../docs/examples"); err != nil {
		t.Fatal(err)
	}
}
