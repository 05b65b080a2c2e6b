package catalog

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxNameBytes bounds the names of an archive's files, including "modules/".
const MaxNameBytes = 255

// checkPath returns why s cannot name a file of a package, or "". A node never writes a package's
// files under their own names, but people unpack archives. So a name must mean the same file
// everywhere: slash-separated, relative, already clean. '$' separates module and version in
// deployed names.
func checkPath(s string) string {
	switch {
	case s == "":
		return "has an empty name"
	case len(s) > MaxNameBytes:
		return fmt.Sprintf("has a name of %d bytes, at most %d are allowed", len(s), MaxNameBytes)
	case !utf8.ValidString(s):
		return "has a name that is not valid UTF-8"
	case strings.IndexFunc(s, unicode.IsControl) >= 0:
		return "has a control character in its name"
	case strings.ContainsAny(s, `\$`):
		return `has a backslash or '$' in its name`
	case s[0] == '/' || len(s) > 1 && s[1] == ':' && isLetter(s[0]):
		return "has an absolute name"
	}
	for segment := range strings.SplitSeq(s, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return fmt.Sprintf("has a name with %q between slashes", segment)
		}
	}
	return ""
}

// fold maps all names that differ only in case to one. Lower-casing is not enough: to file systems
// 'K' (Kelvin) and 'k' are the same letter.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, s)
}
