package examples_test

import (
	"strings"
	"testing"
)

// TestStar runs the tests of every project, in every language: they skip time, stub activities, and
// replay what they have produced from every place in it.
func TestStar(t *testing.T) {
	together, apart := all(t)
	p := &place{t: t, dir: "../.."}
	for _, l := range languages {
		dirs := l.projects(t, together...)
		for _, name := range apart {
			dirs = append(dirs, l.projects(t, name)...)
		}
		for _, dir := range dirs {
			out, err := p.shell("aion-node test " + dir)
			if err != nil || !strings.Contains(out, "ok ") {
				t.Errorf("%s, %s: %v\n%s", l.name, dir, err, out)
			}
		}
	}
}
