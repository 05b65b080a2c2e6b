package deptest

import (
	"strings"
	"testing"
)

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range ourPackages(t) {
		if len(p.GoFiles) == 0 {
			continue
		}
		want := "Package " + p.Name + " "
		if p.Name == "main" {
			want = "Command "
		}
		if !strings.HasPrefix(p.Doc, want) {
			t.Errorf("package %s begins its comment with %q, not with %q: a reader who opens it must learn what it decides, what it never does and where to begin", p.short(), p.Doc, want)
		}
	}
}
