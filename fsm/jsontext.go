package fsm

import (
	"strconv"
	"unicode/utf8"
)

// What apply writes is part of the digest. So JSON is written here, byte for byte as it was when
// the first entries were applied, and not by a library: nodes that were built with two releases of
// Go would disagree once it words a value in another way, and stop each other. Nothing in this file
// may change what it does to any input. rows/jsonlist.go has the other half, which reads.

// jsonObject is an object being written. Members stand in the order in which they are added.
type jsonObject []byte

func (o jsonObject) name(name string) jsonObject {
	if len(o) == 0 {
		o = append(o, '{')
	} else {
		o = append(o, ',')
	}
	return append(append(append(o, '"'), name...), `":`...)
}

func (o jsonObject) text(name, value string) jsonObject { return appendJSON(o.name(name), value) }

// some is text that is left out when it is empty.
func (o jsonObject) some(name, value string) jsonObject {
	if value == "" {
		return o
	}
	return o.text(name, value)
}

func (o jsonObject) flag(name string, value bool) jsonObject {
	return strconv.AppendBool(o.name(name), value)
}

func (o jsonObject) number(name string, value uint64) jsonObject {
	return strconv.AppendUint(o.name(name), value, 10)
}

func (o jsonObject) list(name string, values []string) jsonObject {
	if values == nil {
		return append(o.name(name), "null"...)
	}
	o = append(o.name(name), '[')
	for i, v := range values {
		if i > 0 {
			o = append(o, ',')
		}
		o = appendJSON(o, v)
	}
	return append(o, ']')
}

// raw is a member whose value is JSON already.
func (o jsonObject) raw(name string, value []byte) jsonObject { return append(o.name(name), value...) }

func (o jsonObject) end() []byte { return append(o, '}') }

// appendJSON writes a string. Bytes that are no UTF-8 become U+FFFD, escaped; so are the two line
// ends that JavaScript knows and JSON does not.
func appendJSON(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		c, size := s[i], 1
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\b':
			b = append(b, `\b`...)
		case c == '\f':
			b = append(b, `\f`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c < ' ':
			b = append(append(b, `\u00`...), digits[c>>4], digits[c&15])
		case c < utf8.RuneSelf:
			b = append(b, c)
		default:
			var r rune
			switch r, size = utf8.DecodeRuneInString(s[i:]); {
			case r == utf8.RuneError && size == 1:
				b = append(b, `\ufffd`...)
			case r == 0x2028 || r == 0x2029:
				b = append(append(b, `\u202`...), digits[r&15])
			default:
				b = append(b, s[i:i+size]...)
			}
		}
		i += size
	}
	return append(b, '"')
}
