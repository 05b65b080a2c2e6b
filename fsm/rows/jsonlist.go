package rows

import "encoding/hex"

// maxJSONDepth is how deep a value that is read may nest.
const maxJSONDepth = 10_000

// Which items a list has decides which rows there are. So JSON is read here as it was when the
// first entries were applied, and not by a library: nodes that were built with two releases of Go
// would disagree once it takes another text for JSON. Nothing in this file may change what it does
// to any input.

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
