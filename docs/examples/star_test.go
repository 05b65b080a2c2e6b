package examples_test

import (
	"strings"
	"testing"
)

// TestStar runs the tests of every project, in every language: they skip time, stub activities, and
// replay what they have produced from every place in it.
func TestStar(t *testing.T) {
	together, apart := all(t)
	for _, l := range languages {
		t.Run(l.name, func(t *testing.T) {
			p := &place{t: t, dir: "../.."}
			dirs := l.projects(t, together...)
			for _, name := range apart {
				dirs = append(dirs, l.projects(t, name)...)
			}
			for _, dir := range dirs {
				out, err := p.shell("aion-node test " + dir)
				if err != nil || !strings.Contains(out, "ok ") {
					t.Errorf("%s: %v\n%s", dir, err, out)
				}
			}
		})
	}
}
