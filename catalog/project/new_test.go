package project

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
)

func TestNew(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "on", "the", "way")
	if err := New(dir, "ask_politely", ""); err != nil {
		t.Fatal(err)
	}
	b := build(t, dir)
	if b.Manifest.Workflows[0].Type != "ask_politely" || moduleNames(b) != "ask_politely.star" || len(b.Manifest.Activities) != 0 {
		t.Errorf("%+v %s", b.Manifest, moduleNames(b))
	}
	if strings.Contains(string(b.Modules[0].Source), "ctx.activity") {
		t.Error("the starter needs a worker")
	}
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil || strings.Contains(string(readme), "NAME") || !strings.Contains(string(readme), "aion-node start ask_politely ") {
		t.Errorf("README %v:\n%s", err, readme)
	}
	if err := New(dir, "again", ""); !errors.Is(err, fs.ErrExist) {
		t.Errorf("into a full folder: %v", err)
	}
}

func TestNewRefusesNames(t *testing.T) {
	for _, name := range []string{"", "A", "1st", "-x", "a b", "a/b", "../x", "a!b", "aion", "x_test", strings.Repeat("a", 65)} {
		dir := filepath.Join(t.TempDir(), "p")
		var invalid *catalog.InvalidInput
		if err := New(dir, name, ""); !errors.As(err, &invalid) {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%q: made a folder", name)
		}
	}
}
