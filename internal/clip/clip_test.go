package clip

import (
	"strings"
	"testing"
)

func TestTo(t *testing.T) {
	for _, c := range []struct {
		s     string
		limit int
		want  string
	}{
		{"", 3, ""},
		{"abc", 3, "abc"},
		{"abcd", 3, "..."},
		{"abcdefgh", 6, "abc..."},
		{"abé", 4, "abé"},
		{"aéfgh", 5, "a..."},   // not half a character
		{"a\xffb", 10, "ab"},   // invalid UTF-8 never passes, even in a short text
		{"日本語日本語", 9, "日本..."}, // 18 bytes
	} {
		if got := To(c.s, c.limit); got != c.want {
			t.Errorf("%q to %d: got %q, want %q", c.s, c.limit, got, c.want)
		}
	}
	if got := Short(strings.Repeat("x", 81)); got != strings.Repeat("x", 77)+"..." {
		t.Errorf("got %q", got)
	}
}
