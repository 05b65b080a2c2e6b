package examples_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestStar runs the tests of every project: they skip time, stub activities, and replay what they
// have produced from every place in it.
func TestStar(t *testing.T) {
	projects, err := filepath.Glob("*/workflow.toml")
	if err != nil || len(projects) < 7 {
		t.Fatalf("%d projects, %v", len(projects), err)
	}
	p := &place{t: t, dir: "."}
	for _, project := range projects {
		dir := filepath.Dir(project)
		out, err := p.shell("aion-node test " + dir)
		if err != nil || !strings.Contains(out, "ok ") {
			t.Errorf("%s: %v\n%s", dir, err, out)
		}
	}
}
