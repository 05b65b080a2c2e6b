package main

import (
	"strings"
	"testing"

	"aion.dev/aion/catalog"
)

// TestDiffVersions: modules that came, went and changed are told apart, also one without a line,
// and what code contains cannot control the terminal.
func TestDiffVersions(t *testing.T) {
	pack := func(modules ...string) *catalog.Archive {
		a := &catalog.Archive{Manifest: catalog.Manifest{Format: 1, ABI: 1, Activities: []string{}}}
		for i := 0; i < len(modules); i += 2 {
			a.Modules = append(a.Modules, catalog.Module{Name: modules[i], Source: []byte(modules[i+1])})
		}
		return a
	}
	from := pack("empty.star", "", "gone.star", "x = 1\n", "same.star", "y = 1\n", "w.star", "a\nb\n")
	to := pack("came.star", "z = 1\n", "same.star", "y = 1\n", "w.star", "a\n\x1b[2Jc\n")
	d, err := diffVersions("w", from, to)
	if err != nil {
		t.Fatal(err)
	}
	var changes []string
	for _, m := range d.Modules {
		changes = append(changes, m.Name+" "+m.Change)
	}
	if got, want := strings.Join(changes, ", "), "came.star added, empty.star removed, gone.star removed, w.star changed"; got != want || d.Manifest != "" {
		t.Errorf("changes are %s, want %s; of the manifest %q", got, want, d.Manifest)
	}
	var plain, coloured strings.Builder
	printDiff(&plain, d, false)
	printDiff(&coloured, d, true)
	if strings.Contains(plain.String(), "\x1b") || strings.Contains(coloured.String(), "\x1b[2J") {
		t.Errorf("code reaches the terminal: %q", plain.String())
	}
	if !strings.Contains(plain.String(), "empty.star: removed\n") || !strings.Contains(coloured.String(), "\x1b[31m-b\x1b[0m\n") {
		t.Errorf("printed\n%s\nand with colours\n%q", plain.String(), coloured.String())
	}
}
