package starlark

import (
	"bytes"
	"fmt"
	"math/big"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"aion.dev/aion/fsm/history"
	"go.starlark.net/starlark"
)

// decode makes a value from JSON: objects become dicts, arrays become lists, and numbers become
// ints if they have neither fraction nor exponent, floats otherwise. No payload is None. If an
// object repeats a name, the last value counts.
func (m *meter) decode(what string, p history.Payload) (starlark.Value, error) {
	if len(p) == 0 {
		return starlark.None, nil
	}
	if err := m.steps(len(p) / 16); err != nil {
		return nil, err
	}
	d := decoder{m: m, in: p}
	v, err := d.value(0)
	if err == nil {
		if d.space(); d.at < len(d.in) {
			err = d.wrong("more than one value")
		}
	}
	if err != nil {
		if _, limit := err.(*history.RunError); limit {
			return nil, err
		}
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return v, nil
}

type decoder struct {
	m  *meter
	in []byte
	at int
}

func (d *decoder) wrong(format string, args ...any) error {
	return fmt.Errorf("invalid JSON at byte %d: %s", d.at+1, fmt.Sprintf(format, args...))
}

func (d *decoder) space() {
	for d.at < len(d.in) {
		switch d.in[d.at] {
		case ' ', '\t', '\n', '\r':
			d.at++
		default:
			return
		}
	}
}

// next skips white space and returns the byte after it, 0 at the end.
func (d *decoder) next() byte {
	if d.space(); d.at < len(d.in) {
		return d.in[d.at]
	}
	return 0
}

func (d *decoder) value(depth int) (starlark.Value, error) {
	if depth > maxDepth {
		return nil, d.wrong("nested deeper than %d levels", maxDepth)
	}
	switch c := d.next(); {
	case c == '"':
		s, err := d.text()
		if err != nil {
			return nil, err
		}
		return starlark.String(s), nil
	case c == '{':
		return d.object(depth)
	case c == '[':
		return d.array(depth)
	case c == '-' || c >= '0' && c <= '9':
		return d.number()
	case c == 't':
		return starlark.True, d.word("true")
	case c == 'f':
		return starlark.False, d.word("false")
	case c == 'n':
		return starlark.None, d.word("null")
	case c == 0 && d.at >= len(d.in):
		return nil, d.wrong("it ends too early")
	default:
		return nil, d.wrong("unexpected %q", c)
	}
}

func (d *decoder) word(w string) error {
	if !bytes.HasPrefix(d.in[d.at:], []byte(w)) {
		return d.wrong("want %s", w)
	}
	d.at += len(w)
	return nil
}

func (d *decoder) array(depth int) (starlark.Value, error) {
	d.at++
	if err := d.m.grow(costList); err != nil {
		return nil, err
	}
	var list []starlark.Value
	for first := true; ; first = false {
		if d.next() == ']' && first {
			d.at++
			return starlark.NewList(nil), nil
		}
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if err := d.m.grow(costElem); err != nil {
			return nil, err
		}
		list = append(list, v)
		switch d.next() {
		case ',':
			d.at++
		case ']':
			d.at++
			return starlark.NewList(list), nil
		default:
			return nil, d.wrong("want , or ]")
		}
	}
}

func (d *decoder) object(depth int) (starlark.Value, error) {
	d.at++
	if err := d.m.grow(costDict); err != nil {
		return nil, err
	}
	dict := new(starlark.Dict)
	for first := true; ; first = false {
		c := d.next()
		if c == '}' && first {
			d.at++
			return dict, nil
		}
		if c != '"' {
			return nil, d.wrong("want a string as the name of a member")
		}
		name, err := d.text()
		if err != nil {
			return nil, err
		}
		if d.next() != ':' {
			return nil, d.wrong("want :")
		}
		d.at++
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if err := d.m.grow(costEntry); err != nil {
			return nil, err
		}
		if err := d.m.key(starlark.String(name), dict); err != nil {
			return nil, err
		}
		before := dict.Len()
		if err := dict.SetKey(starlark.String(name), v); err != nil {
			return nil, err
		}
		if dict.Len() > before {
			d.m.noteAdded(dict, starlark.String(name))
		}
		switch d.next() {
		case ',':
			d.at++
		case '}':
			d.at++
			return dict, nil
		default:
			return nil, d.wrong("want , or }")
		}
	}
}

func (d *decoder) number() (starlark.Value, error) {
	start, float := d.at, false
	if d.in[d.at] == '-' {
		d.at++
	}
	whole := d.digits()
	if whole == 0 || whole > 1 && d.in[d.at-whole] == '0' {
		return nil, d.wrong("not a number")
	}
	if d.at < len(d.in) && d.in[d.at] == '.' {
		float = true
		if d.at++; d.digits() == 0 {
			return nil, d.wrong("want a digit")
		}
	}
	if d.at < len(d.in) && d.in[d.at]|0x20 == 'e' {
		float = true
		if d.at++; d.at < len(d.in) && (d.in[d.at] == '+' || d.in[d.at] == '-') {
			d.at++
		}
		if d.digits() == 0 {
			return nil, d.wrong("want a digit")
		}
	}
	text := string(d.in[start:d.at])
	if float {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, d.wrong("number out of range")
		}
		return starlark.Float(f), d.m.grow(8)
	}
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return starlark.MakeInt64(i), d.m.grow(16)
	}
	if whole > maxIntBits/3 {
		return nil, d.wrong("the number has %d digits, which is more than %d bits", whole, maxIntBits)
	}
	i, _ := new(big.Int).SetString(text, 10)
	return d.m.number(starlark.MakeBigInt(i))
}

// digits skips a sequence of digits and returns its length.
func (d *decoder) digits() (n int) {
	for d.at < len(d.in) && d.in[d.at] >= '0' && d.in[d.at] <= '9' {
		d.at++
		n++
	}
	return n
}

// text reads a string, starting at its opening quote.
func (d *decoder) text() (string, error) {
	d.at++
	rest := d.in[d.at:]
	for i, c := range rest {
		switch {
		case c == '"':
			d.at += i + 1
			if err := d.m.grow(costString + uint64(i)); err != nil {
				return "", err
			}
			if !utf8.Valid(rest[:i]) {
				return string(bytes.ToValidUTF8(rest[:i], []byte("\ufffd"))), nil
			}
			return string(rest[:i]), nil
		case c == '\\':
			return d.escaped(i)
		case c < 0x20:
			d.at += i
			return "", d.wrong("control character in a string")
		}
	}
	d.at = len(d.in)
	return "", d.wrong("a string without end")
}

// escaped reads the rest of a string whose first n bytes contain no escapes.
func (d *decoder) escaped(n int) (string, error) {
	out := append([]byte(nil), d.in[d.at:d.at+n]...)
	d.at += n
	for d.at < len(d.in) {
		c := d.in[d.at]
		d.at++
		switch {
		case c == '"':
			if err := d.m.grow(costString + uint64(len(out))); err != nil {
				return "", err
			}
			if !utf8.Valid(out) {
				out = bytes.ToValidUTF8(out, []byte("\ufffd"))
			}
			return string(out), nil
		case c == '\\':
			r, err := d.escape()
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, r)
		case c < 0x20:
			return "", d.wrong("control character in a string")
		default:
			out = append(out, c)
		}
	}
	return "", d.wrong("a string without end")
}

// escape reads what follows a backslash.
func (d *decoder) escape() (rune, error) {
	if d.at >= len(d.in) {
		return 0, d.wrong("a string without end")
	}
	c := d.in[d.at]
	d.at++
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		r, err := d.unit()
		if err != nil || !utf16.IsSurrogate(r) {
			return r, err
		}
		if bytes.HasPrefix(d.in[d.at:], []byte(`\u`)) {
			back := d.at
			d.at += 2
			low, err := d.unit()
			if err != nil {
				return 0, err
			}
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, nil
			}
			d.at = back
		}
		return utf8.RuneError, nil
	}
	return 0, d.wrong("unknown escape \\%c", c)
}

// unit reads four hex digits.
func (d *decoder) unit() (rune, error) {
	if d.at+4 > len(d.in) {
		return 0, d.wrong("a string without end")
	}
	n, err := strconv.ParseUint(string(d.in[d.at:d.at+4]), 16, 16)
	if err != nil {
		return 0, d.wrong("want four hex digits")
	}
	d.at += 4
	return rune(n), nil
}
