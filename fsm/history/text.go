package history

import (
	"fmt"
	"unicode/utf8"
)

// What people and programs send to be recorded is Unicode, and holds no control characters: those
// change what a terminal, a log or a page shows of it, and NUL ends text in other languages. It is
// refused before the log. What workflow code itself names is not: old histories hold such names.

// NameFlaw returns what keeps s from being recorded as a name or an id; empty = nothing.
func NameFlaw(s string) string { return textFlaw(s, false) }

// TextFlaw is NameFlaw for what people write, such as reasons: it may have lines and tabs.
func TextFlaw(s string) string { return textFlaw(s, true) }

func textFlaw(s string, lines bool) string {
	place := 0
	for i, c := range s {
		place++
		if c == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return fmt.Sprintf("is no UTF-8: it has the byte 0x%02x at character %d", s[i], place)
			}
		}
		if control := c < 0x20 || c >= 0x7f && c < 0xa0; control && !(lines && (c == '\n' || c == '\r' || c == '\t')) {
			return fmt.Sprintf("has the control character U+%04X at character %d", c, place)
		}
	}
	return ""
}
