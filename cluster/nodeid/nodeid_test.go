package nodeid

import (
	"strings"
	"testing"
)

func TestValid(t *testing.T) {
	for id, want := range map[string]bool{
		"n1": true, "N-1.a_b": true, "7": true, strings.Repeat("n", 63): true,
		"": false, strings.Repeat("n", 64): false, "-n": false, ".n": false, "n/1": false, "n 1": false, "n1\n": false, "nö": false,
	} {
		if got := Valid(id); got != want {
			t.Errorf("%q: %v, want %v", id, got, want)
		}
	}
}
