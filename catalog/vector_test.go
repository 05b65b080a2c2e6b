package catalog_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
)

// vector is the published example: this package computes what docs/PACKAGE.md shows. A failure here
// means that every existing version changed, or that the page is wrong.
func vector(t *testing.T, name string) string {
	t.Helper()
	page, err := os.ReadFile("../docs/PACKAGE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(page), "<!-- vector: "+name+" -->\n```")
	if !ok {
		t.Fatalf("docs/PACKAGE.md has no vector %q", name)
	}
	_, rest, _ = strings.Cut(rest, "\n")
	block, _, _ := strings.Cut(rest, "\n```\n")
	return block
}

func vectorPackage(t *testing.T) (m catalog.Manifest, modules []catalog.Module) {
	t.Helper()
	if err := json.Unmarshal([]byte(vector(t, "manifest")), &m); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"lib/refund.star", "order.star"} {
		modules = append(modules, catalog.Module{Name: name, Source: []byte(vector(t, name) + "\n")})
	}
	return m, modules
}

func TestVector(t *testing.T) {
	m, modules := vectorPackage(t)
	identity, err := m.Identity()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(identity), vector(t, "identity"); got != want {
		t.Errorf("identity:\n%s\nthe page says\n%s", got, want)
	}
	v, err := catalog.Hash(m, modules)
	if err != nil {
		t.Fatal(err)
	}
	a := open(t, write(t, m, modules))
	if a.Version != v {
		t.Errorf("opened version %s, hashed %s", a.Version, v)
	}
	figures := fmt.Sprintf("version %s\narchive %s\nbytes   %d", v, a.Digest, len(write(t, m, modules)))
	if want := vector(t, "figures"); figures != want {
		t.Errorf("figures:\n%s\nthe page says\n%s", figures, want)
	}
}

// The page's script recomputes the version from a file, without our code.
func TestVectorInPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	m, modules := vectorPackage(t)
	dir := t.TempDir()
	archive, script := filepath.Join(dir, "order.aion"), filepath.Join(dir, "version.py")
	if err := os.WriteFile(archive, write(t, m, modules), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(script, []byte(vector(t, "python")), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, script, archive).CombinedOutput()
	want, _, _ := strings.Cut(strings.TrimPrefix(vector(t, "figures"), "version "), "\n")
	if err != nil || strings.TrimSpace(string(out)) != want {
		t.Errorf("the script printed %q (%v), want %s", out, err, want)
	}
}
