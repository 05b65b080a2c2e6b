package loadtest

import (
	"strings"
	"testing"

	"aion.dev/aion/jepsen/load"
)

// Expect runs a checker and wants a violation that says each of the words, or none at all.
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
