package fsm

import (
	"encoding/hex"
	"strconv"
	"unicode/utf8"
)

// What apply writes is part of the digest, and what it reads decides which rows there are. So JSON
// is written and read here, byte for byte as it was when the first entries were applied, and not by
// a library: nodes that were built with two releases of Go would disagree once it words a value in
// another way, and stop each other. Nothing in this file may change what it does to any input.

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

// maxJSONDepth is how deep a value that is read may nest.
const maxJSONDepth = 10_000

// jsonText is a text being read.
type jsonText struct {
	b     []byte
	at    int
	depth int
}

// jsonItems returns the items of a JSON array as it spells them; not ok for any other text.
func jsonItems(b []byte) (items [][]byte, ok bool) {
	t := &jsonText{b: b}
	if t.skip(); !t.is('[') {
		return nil, false
	}
	if t.skip(); t.is(']') {
		return t.whole(nil)
	}
	t.depth = 1
	for {
		t.skip()
		from := t.at
		if !t.value() {
			return nil, false
		}
		items = append(items, b[from:t.at])
		switch t.skip(); {
		case t.is(','):
		case t.is(']'):
			return t.whole(items)
		default:
			return nil, false
		}
	}
}

// whole returns items if nothing but blanks follows.
func (t *jsonText) whole(items [][]byte) ([][]byte, bool) {
	if t.skip(); t.at < len(t.b) {
		return nil, false
	}
	return items, true
}

// is reads c, if it comes next.
func (t *jsonText) is(c byte) bool {
	if t.at < len(t.b) && t.b[t.at] == c {
		t.at++
		return true
	}
	return false
}

func (t *jsonText) skip() {
	for t.is(' ') || t.is('\t') || t.is('\n') || t.is('\r') {
	}
}

func (t *jsonText) word(w string) bool {
	if len(t.b)-t.at < len(w) || string(t.b[t.at:t.at+len(w)]) != w {
		return false
	}
	t.at += len(w)
	return true
}

// value reads one value and reports whether it is one.
func (t *jsonText) value() bool {
	switch {
	case t.at == len(t.b):
		return false
	case t.is('"'):
		return t.string()
	case t.is('{'):
		return t.members('}', func() bool { return t.is('"') && t.string() && t.colon() && t.value() })
	case t.is('['):
		return t.members(']', t.value)
	case t.word("true"), t.word("false"), t.word("null"):
		return true
	}
	return t.number()
}

func (t *jsonText) colon() bool {
	t.skip()
	ok := t.is(':')
	t.skip()
	return ok
}

// members reads what stands between a bracket, which has been read, and its end.
func (t *jsonText) members(end byte, member func() bool) bool {
	if t.depth++; t.depth > maxJSONDepth {
		return false
	}
	defer func() { t.depth-- }()
	if t.skip(); t.is(end) {
		return true
	}
	for {
		if t.skip(); !member() {
			return false
		}
		switch t.skip(); {
		case t.is(','):
		case t.is(end):
			return true
		default:
			return false
		}
	}
}

// string reads a string behind its first quote.
func (t *jsonText) string() bool {
	for t.at < len(t.b) {
		c := t.b[t.at]
		t.at++
		switch {
		case c == '"':
			return true
		case c < ' ':
			return false
		case c != '\\':
		case t.is('u'):
			var r [2]byte
			if len(t.b)-t.at < 4 {
				return false
			}
			if _, err := hex.Decode(r[:], t.b[t.at:t.at+4]); err != nil {
				return false
			}
			t.at += 4
		case t.is('"'), t.is('\\'), t.is('/'), t.is('b'), t.is('f'), t.is('n'), t.is('r'), t.is('t'):
		default:
			return false
		}
	}
	return false
}

func (t *jsonText) number() bool {
	t.is('-')
	if !t.is('0') && !t.digits() {
		return false
	}
	if t.is('.') && !t.digits() {
		return false
	}
	if t.is('e') || t.is('E') {
		if !t.is('+') {
			t.is('-')
		}
		return t.digits()
	}
	return true
}

func (t *jsonText) digits() bool {
	from := t.at
	for t.at < len(t.b) && t.b[t.at] >= '0' && t.b[t.at] <= '9' {
		t.at++
	}
	return t.at > from
}
