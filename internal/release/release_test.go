package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// TestPackIsReproducible: neither the order, the times nor the modes of the files on disk matter.
func TestPackIsReproducible(t *testing.T) {
	dir := t.TempDir()
	var files []file
	for _, name := range []string{"b", "a"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("content of "+name), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file{name, path, 0o644})
	}
	archive := func(files ...file) []byte {
		path := filepath.Join(t.TempDir(), "x.tar.gz")
		if err := pack(path, "x", files); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	one := archive(files...)
	if err := os.Chtimes(files[0].from, time.Now(), time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if two := archive(files[1], files[0]); !bytes.Equal(one, two) {
		t.Error("the same files give other bytes")
	}
	if listed, err := exec.Command("tar", "--version").Output(); err == nil && bytes.Contains(listed, []byte("GNU")) {
		path := filepath.Join(dir, "x.tar.gz")
		if err := os.WriteFile(path, one, 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("tar", "-tzf", path).Output(); err != nil || string(out) != "x/a\nx/b\n" {
			t.Errorf("tar lists %q, %v", out, err)
		}
	}
}

// TestSBOM: every module is there, with the one that replaces it.
func TestSBOM(t *testing.T) {
	b := bomOf(&debug.BuildInfo{GoVersion: "go1.26.8", Deps: []*debug.Module{
		{Path: "example.com/a", Version: "v1.2.3", Sum: "h1:x"}, {Path: "example.com/b", Version: "v1.0.0", Replace: &debug.Module{Path: "example.com/c", Version: "v2.0.0"}},
	}, Settings: []debug.BuildSetting{{Key: "GOOS", Value: "linux"}, {Key: "vcs.time", Value: "now"}}}, "aion_1", "v1")
	text, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"bomFormat":"CycloneDX"`, `"specVersion":"1.6"`, `"purl":"pkg:golang/std@1.26.8"`, `"purl":"pkg:golang/example.com/a@v1.2.3"`, `"value":"h1:x"`, `"purl":"pkg:golang/example.com/c@v2.0.0"`, `"go:GOOS"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("it lacks %s: %s", want, text)
		}
	}
	if strings.Contains(string(text), "vcs.time") || strings.Contains(string(text), "example.com/b@") || len(b.Dependencies[0].On) != 3 {
		t.Errorf("it has too much: %s", text)
	}
}
