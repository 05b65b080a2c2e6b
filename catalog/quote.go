package catalog

import (
	"strings"
	"unicode/utf8"
)

// Quote puts a name into quotes, for the text of a refusal. Refusals of the state machine are part
// of the state, and what Go's %q considers printable grows with the Unicode tables of its releases.
// Quote escapes only control characters and invalid UTF-8, and that never changes.
func Quote(s string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		at := strings.IndexByte("\a\b\f\n\r\t\v\"\\", s[i])
		switch {
		case r == utf8.RuneError && size == 1, at < 0 && (r < ' ' || r == 0x7f):
			b.WriteString(`\x` + digits[s[i]>>4:s[i]>>4+1] + digits[s[i]&15:s[i]&15+1])
		case at >= 0:
			b.WriteString(`\` + `abfnrtv"\`[at:at+1])
		case r >= 0x80 && r < 0xa0:
			b.WriteString(`\u00` + digits[r>>4:r>>4+1] + digits[r&15:r&15+1])
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	b.WriteByte('"')
	return b.String()
}

// QuoteStart quotes the first n characters of s.
func QuoteStart(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return Quote(s[:i])
		}
	}
	return Quote(s)
}

// QuoteRune writes a character between single quotes.
func QuoteRune(r rune) string {
	switch r {
	case '"':
		return `'"'`
	case '\'':
		return `'\''`
	}
	q := Quote(string(r))
	return "'" + q[1:len(q)-1] + "'"
}
