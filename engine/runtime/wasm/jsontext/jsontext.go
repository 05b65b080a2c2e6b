// Package jsontext takes JSON text apart, and writes it.
//
// It decides where the values of an object or a list begin and end, and what a text says, with
// rules that never change: what the room makes of a script's words is part of a run's history, so
// it must not depend on a library that may accept something else in its next release. It looks no
// deeper than it has to: whether a value inside is JSON is for whoever uses it to ask.
package jsontext

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Member is one member of an object.
type Member struct{ Key, Value []byte } // the key is decoded

// Object returns the members of an object, in their order. Values are parts of b.
func Object(b []byte) (list []Member, ok bool) {
	ok = parts(b, '{', '}', func(part []byte) bool {
		n := skip(part)
		if n <= 0 {
			return false
		}
		key, ok := Text(part[:n])
		rest, colon := bytes.CutPrefix(trim(part[n:]), []byte(":"))
		if value := trim(rest); ok && colon && len(value) > 0 && skip(value) == len(value) {
			list = append(list, Member{key, value})
			return true
		}
		return false
	})
	return list, ok
}

// List returns the elements of a list. They are parts of b.
func List(b []byte) (list [][]byte, ok bool) {
	ok = parts(b, '[', ']', func(part []byte) bool {
		list = append(list, part)
		return skip(part) == len(part)
	})
	return list, ok
}

// parts calls each for what stands between commas.
func parts(b []byte, open, end byte, each func([]byte) bool) bool {
	b = trim(b)
	if len(b) < 2 || b[0] != open || b[len(b)-1] != end {
		return false
	}
	b = trim(b[1 : len(b)-1])
	if len(b) == 0 {
		return true
	}
	for {
		n := comma(b)
		if part := trim(b[:n]); len(part) == 0 || !each(part) {
			return false
		}
		if n == len(b) {
			return true
		}
		b = b[n+1:]
	}
}

// comma returns where the next comma stands that is in no value, or the end.
func comma(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			if i += quoted(b[i:]) - 1; i >= len(b) {
				return len(b)
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return len(b)
}

// skip returns how long the value is with which b begins; 0 = there is none.
func skip(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	switch b[0] {
	case '"':
		if n := quoted(b); n <= len(b) {
			return n
		}
		return 0
	case '{', '[':
		depth := 0
		for i := 0; i < len(b); i++ {
			switch b[i] {
			case '"':
				i += quoted(b[i:]) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
		return 0
	}
	n := bytes.IndexAny(b, ",:]}{[\" \t\r\n")
	if n < 0 {
		n = len(b)
	}
	return n
}

// quoted returns how long the text is with which b begins; more than b has = it does not end.
func quoted(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b) + 1
}

func trim(b []byte) []byte { return bytes.Trim(b, " \t\r\n") }

// Text decodes a text. Halves of a pair that stand alone become U+FFFD.
func Text(b []byte) (text []byte, ok bool) {
	if len(b) < 2 || b[0] != '"' || quoted(b) != len(b) {
		return nil, false
	}
	b = b[1 : len(b)-1]
	text = make([]byte, 0, len(b))
	for len(b) > 0 {
		n := bytes.IndexByte(b, '\\')
		if n < 0 {
			return append(text, b...), true
		}
		text, b = append(text, b[:n]...), b[n+1:]
		if b[0] == 'u' {
			r, size := unit(b[1:])
			if size == 0 {
				return nil, false
			}
			b = b[1+size:]
			if utf16.IsSurrogate(r) {
				if low, size := escaped(b); size > 0 && utf16.DecodeRune(r, low) != utf8.RuneError {
					r, b = utf16.DecodeRune(r, low), b[size:]
				} else {
					r = utf8.RuneError
				}
			}
			text = utf8.AppendRune(text, r)
			continue
		}
		at := bytes.IndexByte([]byte(`"\/bfnrt`), b[0])
		if at < 0 {
			return nil, false
		}
		text, b = append(text, "\"\\/\b\f\n\r\t"[at]), b[1:]
	}
	return text, true
}

// unit reads four digits.
func unit(b []byte) (r rune, size int) {
	if len(b) < 4 {
		return 0, 0
	}
	n, err := strconv.ParseUint(string(b[:4]), 16, 32)
	if err != nil {
		return 0, 0
	}
	return rune(n), 4
}

// escaped reads a unit with what stands before it.
func escaped(b []byte) (r rune, size int) {
	if !bytes.HasPrefix(b, []byte(`\u`)) {
		return 0, 0
	}
	if r, size = unit(b[2:]); size > 0 {
		size += 2
	}
	return r, size
}

// AppendText appends a text. What is no UTF-8 becomes U+FFFD.
func AppendText(b, text []byte) []byte {
	b = append(b, '"')
	for len(text) > 0 {
		c := text[0]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20:
			const digits = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		case c < utf8.RuneSelf:
			b = append(b, c)
		default:
			r, size := utf8.DecodeRune(text)
			b, text = utf8.AppendRune(b, r), text[size:]
			continue
		}
		text = text[1:]
	}
	return append(b, '"')
}

// AppendTexts appends a list of texts.
func AppendTexts(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = AppendText(b, []byte(s))
	}
	return append(b, ']')
}
