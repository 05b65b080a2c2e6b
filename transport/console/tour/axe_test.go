package tour

import (
	"os"
	"path/filepath"
	"testing"
)

// axe returns the source of axe-core, which is not part of the tree: AXE names its file, or
// `npm install axe-core` has put it into a folder node_modules here or above.
func axe(t *testing.T) string {
	t.Helper()
	places := []string{os.Getenv("AXE")}
	for up := "."; len(up) < 20; up = filepath.Join("..", up) {
		places = append(places, filepath.Join(up, "node_modules/axe-core/axe.min.js"))
	}
	for _, path := range places {
		if b, err := os.ReadFile(path); path != "" && err == nil {
			return string(b)
		}
	}
	t.Skip("SKIPPED, accessibility is not tested: there is no axe-core; AXE=FILE names it, or npm install axe-core")
	return ""
}

// Every page is clean to axe in both themes: names, roles, contrast of AA.
func testAccessible(t *testing.T, tb *tab) {
	source := axe(t)
	for _, dark := range []bool{false, true} {
		if err := tb.Dark(tb.ctx, dark); err != nil {
			t.Fatal(err)
		}
		for _, p := range pages() {
			tb.visit(p[1])
			eval[any](tb, source+";0")
			type violation struct {
				ID, Impact, Help string
				Nodes            []string
			}
			for _, v := range eval[[]violation](tb, `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], resultTypes: ["violations"]}).then(r => r.violations.map(v => ({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.slice(0, 3).map(n => n.target.join(" ") + ": " + n.failureSummary)})))`) {
				t.Errorf("%s (dark: %v): %s, %s: %s\n%q", p[0], dark, v.ID, v.Impact, v.Help, v.Nodes)
			}
		}
	}
}
