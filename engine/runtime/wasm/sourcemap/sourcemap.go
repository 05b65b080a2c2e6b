// Package sourcemap tells which line of a source a position in a bundle comes from.
//
// It decides how a source map of version 3 is read: with a decoder of its own, which never changes,
// because the lines that it finds go into the errors of runs, and a replay must find the same. It
// reads whatever bytes it is given and never panics. It knows nothing of columns in sources, of the
// names that a map lists, or of what the sources say.
package sourcemap

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"aion.dev/aion/engine/runtime/wasm/jsontext"
)

// Bounds of maps.
const (
	MaxBytes    = 32 << 20
	maxSources  = 10_000
	maxSegments = 2_000_000
	maxName     = 200 // bytes of the name of a source that are kept
)

// Map is a source map. It does not change.
type Map struct {
	sources  []string
	lines    []int32 // where the segments of a line of the bundle begin
	segments []segment
}

// segment says whence the rest of a line comes, from a column on.
type segment struct{ column, source, line int32 } // source -1 = from nowhere

// Parse reads a map.
func Parse(b []byte) (*Map, error) {
	if len(b) > MaxBytes {
		return nil, fmt.Errorf("the source map has %d bytes; the limit is %d", len(b), MaxBytes)
	}
	members, ok := jsontext.Object(b)
	if !ok {
		return nil, fmt.Errorf("the source map is no JSON object")
	}
	m := &Map{}
	var mappings []byte
	version := ""
	for _, member := range members {
		switch string(member.Key) {
		case "version":
			version = string(member.Value)
		case "sections":
			return nil, fmt.Errorf("the source map has sections, which are not supported")
		case "sources":
			list, ok := jsontext.List(member.Value)
			if !ok || len(list) > maxSources {
				return nil, fmt.Errorf("the source map has no list of sources, or one of more than %d", maxSources)
			}
			for _, s := range list {
				name, _ := jsontext.Text(s)
				m.sources = append(m.sources, strings.ToValidUTF8(string(name[:min(len(name), maxName)]), "\uFFFD"))
			}
		case "mappings":
			if mappings, ok = jsontext.Text(member.Value); !ok {
				return nil, fmt.Errorf("the source map has mappings that are no text")
			}
		}
	}
	if version != "3" {
		return nil, fmt.Errorf("the source map has version %.20q, only 3 is known", version)
	}
	if err := m.read(mappings); err != nil {
		return nil, err
	}
	return m, nil
}

// read decodes the mappings: lines end with a semicolon, segments with a comma.
func (m *Map) read(b []byte) error {
	var source, line int64
	m.lines = []int32{0}
	for column := int64(0); len(b) > 0; {
		switch b[0] {
		case ';':
			m.sort()
			if m.lines = append(m.lines, int32(len(m.segments))); len(m.lines) > maxSegments {
				return fmt.Errorf("the source map has more than %d lines", maxSegments)
			}
			column, b = 0, b[1:]
			continue
		case ',':
			b = b[1:]
			continue
		}
		n := bytes.IndexAny(b, ",;")
		if n < 0 {
			n = len(b)
		}
		var fields [5]int64
		k, ok := decode(b[:n], &fields)
		b = b[n:]
		column, source, line = column+fields[0], source+fields[1], line+fields[2]
		const most = 1 << 30
		if !ok || column < 0 || column > most || source < 0 || k > 1 && source >= int64(len(m.sources)) || line < 0 || line > most {
			return fmt.Errorf("the source map has a mapping that is not valid, for line %d of the bundle", len(m.lines))
		}
		s := segment{int32(column), int32(source), int32(line)}
		if k == 1 {
			s.source = -1
		}
		if m.segments = append(m.segments, s); len(m.segments) > maxSegments {
			return fmt.Errorf("the source map has more than %d mappings", maxSegments)
		}
	}
	m.sort()
	m.segments = slices.Clip(m.segments)
	return nil
}

// sort orders the segments of the last line. Bundlers write them in order; others may not.
func (m *Map) sort() {
	slices.SortStableFunc(m.segments[m.lines[len(m.lines)-1]:], func(a, b segment) int { return cmp.Compare(a.column, b.column) })
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// decode reads the numbers of a segment: digits of 5 bits, least first, whose sixth says that the
// number goes on, and whose first is the sign.
func decode(b []byte, fields *[5]int64) (n int, ok bool) {
	for len(b) > 0 {
		if n == len(fields) {
			return n, false
		}
		value, shift := int64(0), 0
		for {
			if len(b) == 0 || shift > 35 {
				return n, false
			}
			digit := strings.IndexByte(digits, b[0])
			if b = b[1:]; digit < 0 {
				return n, false
			}
			value |= int64(digit&31) << shift
			shift += 5
			if digit&32 == 0 {
				break
			}
		}
		if fields[n] = value >> 1; value&1 == 1 {
			fields[n] = -fields[n]
		}
		n++
	}
	return n, n == 1 || n == 4 || n == 5
}

// Source returns where a position in the bundle comes from; lines are counted from 1, columns from
// 0. ok is false if it comes from nowhere.
func (m *Map) Source(line, column int) (source string, from int, ok bool) {
	if line < 1 || line > len(m.lines) {
		return "", 0, false
	}
	of := m.segments[m.lines[line-1]:]
	if line < len(m.lines) {
		of = m.segments[m.lines[line-1]:m.lines[line]]
	}
	n, exact := slices.BinarySearchFunc(of, int32(min(max(column, 0), 1<<30)), func(s segment, column int32) int { return cmp.Compare(s.column, column) })
	if !exact {
		n--
	}
	if n < 0 || of[n].source < 0 {
		return "", 0, false
	}
	return m.sources[of[n].source], int(of[n].line) + 1, true
}
