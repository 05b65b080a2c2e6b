package transport

import (
	"bytes"
	"encoding/json"
)

// members returns members of a JSON object that are no objects or lists, as far as the beginning of
// its text has them. The text may be cut off, or no JSON at all: then what came before counts.
func members(text []byte, wanted map[string]bool) map[string]string {
	var found map[string]string
	s := memberScanner{text[:min(len(text), auditHead)], 0}
	if s.next() != '{' {
		return nil
	}
	for s.at++; ; {
		switch s.next() {
		case ',':
			s.at++
			continue
		case '"':
		default:
			return found
		}
		name, ok := s.quoted()
		if !ok || s.next() != ':' {
			return found
		}
		s.at++
		s.next()
		value, ok := s.value()
		if !ok {
			return found
		}
		if !wanted[string(name)] {
			continue
		}
		if text, ok := scalar(value); ok {
			if found == nil {
				found = make(map[string]string, 8)
			}
			found[string(name)] = clipped(text)
		}
	}
}

// scalar returns the text of a value that is one; null is none.
func scalar(value []byte) (text string, ok bool) {
	switch value[0] {
	case '{', '[', 'n':
		return "", false
	case '"':
		if bytes.IndexByte(value, '\\') < 0 {
			return string(value[1 : len(value)-1]), true
		}
		return text, json.Unmarshal(value, &text) == nil
	}
	return string(value), true
}

// memberScanner moves through JSON that may end anywhere.
type memberScanner struct {
	b  []byte
	at int
}

// next moves to the next byte that is no space, and returns it; 0 = there is none.
func (s *memberScanner) next() byte {
	for ; s.at < len(s.b); s.at++ {
		switch s.b[s.at] {
		case ' ', '\t', '\r', '\n':
		default:
			return s.b[s.at]
		}
	}
	return 0
}

// quoted moves past the text at which it stands, and returns what is between its quotes.
func (s *memberScanner) quoted() (text []byte, ok bool) {
	for start := s.at + 1; ; {
		s.at++
		if s.at >= len(s.b) {
			return nil, false
		}
		switch s.b[s.at] {
		case '\\':
			s.at++
		case '"':
			s.at++
			return s.b[start : s.at-1], true
		}
	}
}

// value moves past the value at which it stands. It is not there if it may go on behind the end.
func (s *memberScanner) value() (value []byte, ok bool) {
	for start, depth := s.at, 0; s.at < len(s.b); {
		switch c := s.b[s.at]; c {
		case '"':
			if _, ok := s.quoted(); !ok {
				return nil, false
			}
			if depth == 0 {
				return s.b[start:s.at], s.at > start
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				s.at++
				return s.b[start:s.at], true
			}
			if depth < 0 {
				return s.b[start:s.at], s.at > start
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return s.b[start:s.at], s.at > start
			}
		}
		s.at++
	}
	return nil, false
}
