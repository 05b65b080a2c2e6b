package config

import (
	"os"
	"regexp"
	"testing"
)

// TestManifestsNameSettings: every variable that deploy/ gives a node is one of its settings; any
// other would keep it from starting.
func TestManifestsNameSettings(t *testing.T) {
	known := map[string]bool{}
	for _, k := range Keys() {
		known[k.Variable()] = true
	}
	found := 0
	for _, path := range []string{"kubernetes/aion.yaml", "Containerfile"} {
		b, err := os.ReadFile("../../../deploy/" + path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:name: |ENV )(AION_[A-Z_]+)`).FindAllStringSubmatch(string(b), -1) {
			found++
			if !known[m[1]] {
				t.Errorf("deploy/%s sets %s, which is no setting", path, m[1])
			}
		}
	}
	if found < 15 {
		t.Errorf("only %d variables were found", found)
	}
}
