package loadtest

import (
	"strings"
	"testing"

	"aion.dev/aion/jepsen/load"
)

// Expect requires one of the violations that a checker found to contain the words; without words
// there must be none.
func Expect(t *testing.T, name string, found []load.Violation, words string) {
	t.Helper()
	if words == "" {
		for _, v := range found {
			t.Errorf("%s: %s: %s", name, v.Checker, v.What)
		}
		return
	}
	for _, v := range found {
		if strings.Contains(v.What, words) {
			return
		}
	}
	t.Errorf("%s: no violation says %q; found %v", name, words, found)
}
