package catalog

import (
	"strconv"
	"testing"
)

// TestQuote: ASCII and bytes that are no UTF-8 read as Go's %q wrote them when the first refusals
// were stored; everything else stands for itself, however much of it a release of Go can print.
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
