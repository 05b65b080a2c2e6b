package history

import "bytes"

// HalfPair finds the first \u escape in b, which is JSON, that is half of a surrogate pair without
// its other half: no text of Unicode has such a character. At is its position, -1 if there is none.
func HalfPair(b []byte) (at int) {
	for at := 0; ; {
		next := bytes.IndexByte(b[at:], '\\')
		if next < 0 || at+next+1 >= len(b) {
			return -1
		}
		at += next
		if b[at+1] != 'u' {
			at += 2 // the next byte may be a backslash itself
			continue
		}
		switch first := unit(b[at:]); {
		case first < 0xd800 || first > 0xdfff:
			at += 6
		case first < 0xdc00 && isLow(unit(b[at+6:])):
			at += 12
		default:
			return at
		}
	}
}

func isLow(u int) bool { return u >= 0xdc00 && u <= 0xdfff }

// unit reads \uXXXX at the start of b; -1 if something else is there.
func unit(b []byte) (u int) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			u = u<<4 | int(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			u = u<<4 | int(c|0x20-'a'+10)
		default:
			return -1
		}
	}
	return u
}
