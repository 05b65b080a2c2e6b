package catalog

import (
	"strconv"
	"testing"
)

// TestQuote: ASCII and invalid UTF-8 look as Go's %q wrote them when the first refusals were
// stored. Everything else is unescaped, whatever a release of Go considers printable.
func TestQuote(t *testing.T) {
	for c := range 0x80 {
		if s := "a" + string(rune(c)) + "b"; Quote(s) != strconv.Quote(s) {
			t.Errorf("%q is quoted as %s", s, Quote(s))
		}
		if QuoteRune(rune(c)) != strconv.QuoteRune(rune(c)) {
			t.Errorf("%q is quoted as %s", rune(c), QuoteRune(rune(c)))
		}
	}
	for in, want := range map[string]string{
		"": `""`, "\xff\xc3": `"\xff\xc3"`, "é世": `"é世"`, "\U0001fae9": "\"\U0001fae9\"", "\u200b": "\"\u200b\"", "\u0085": `"\u0085"`, "\uFFFD": "\"\uFFFD\"",
	} {
		if got := Quote(in); got != want {
			t.Errorf("%+q is quoted as %s, want %s", in, got, want)
		}
	}
	if got := QuoteStart("éaé", 2); got != `"éa"` {
		t.Error(got)
	}
}
