package deptest

import (
	"regexp"
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
		if example := regexp.MustCompile(`^docs/examples/(\w)(\w+)(-v\d)?/go$`).FindStringSubmatch(p.short()); example != nil && example[2] != "orkers" {
			want = strings.ToUpper(example[1]) + example[2] + " " // the workflow, as aion-node new begins one
		}
		if !strings.HasPrefix(p.Doc, want) {
			t.Errorf("package %s begins its comment with %q, not with %q: a reader who opens it must learn what it decides, what it never does and where to begin", p.short(), p.Doc, want)
		}
	}
}
