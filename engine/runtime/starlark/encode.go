package starlark

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"aion.dev/aion/fsm/history"
	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"
)

// encode writes v as JSON: None, bools, numbers, strings, lists, tuples, dicts with string keys (in
// their order) and structs; times as RFC 3339, durations in Go's notation. what names v in errors.
func (m *meter) encode(what string, v starlark.Value) (history.Payload, error) {
	p := printer{m: m}
	if err := p.json(v, 0); err != nil {
		if _, limit := err.(*history.RunError); limit {
			return nil, err
		}
		if alien := (*misfit)(nil); errors.As(err, &alien) {
			return nil, fmt.Errorf("%s%s: %w", what, alien.path(), err)
		}
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	due := max(len(p.buf)-p.paid, 0)
	if err := m.steps(due/16 + p.seen); err != nil {
		return nil, err
	}
	return p.buf, m.grow(uint64(due))
}

func (p *printer) json(v starlark.Value, depth int) error {
	if depth > maxDepth {
		return tooDeep()
	}
	p.seen++
	if err := p.pay(0); err != nil {
		return err
	}
	switch v := v.(type) {
	case starlark.NoneType:
		p.buf = append(p.buf, "null"...)
	case starlark.Bool:
		p.buf = strconv.AppendBool(p.buf, bool(v))
	case starlark.Int:
		if i, small := v.Int64(); small {
			p.buf = strconv.AppendInt(p.buf, i, 10)
		} else {
			p.seen += bitsOf(v) / 32
			p.buf = append(p.buf, v.String()...)
		}
	case starlark.Float:
		return p.float(float64(v))
	case starlark.String:
		if err := p.pay(len(v)); err != nil {
			return err
		}
		p.buf = appendString(p.buf, string(v))
	case *starlark.List, starlark.Tuple:
		return p.array(v.(starlark.Indexable), depth)
	case *starlark.Dict:
		return p.object(v, depth)
	case *record:
		p.buf = append(p.buf, '{')
		for i, name := range v.names {
			p.comma(i)
			p.buf = append(appendString(p.buf, name), ':')
			if err := p.json(v.values[i], depth+1); err != nil {
				return addStep(err, func() string { return member(name) })
			}
		}
		p.buf = append(p.buf, '}')
	case startime.Time:
		p.buf = appendString(p.buf, time.Time(v).Format(time.RFC3339Nano))
	case startime.Duration:
		p.buf = appendString(p.buf, time.Duration(v).String())
	default:
		return &misfit{reason: v.Type() + " is not a JSON value"}
	}
	return nil
}

func (p *printer) comma(i int) {
	if i > 0 {
		p.buf = append(p.buf, ',')
	}
}

func (p *printer) float(f float64) error {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return &misfit{reason: fmt.Sprintf("%v is not a JSON value", f)}
	}
	p.seen += 4
	start := len(p.buf)
	p.buf = strconv.AppendFloat(p.buf, f, 'g', -1, 64)
	for _, c := range p.buf[start:] {
		if c == '.' || c == 'e' {
			return nil
		}
	}
	p.buf = append(p.buf, ".0"...) // so that it is read back as a float
	return nil
}

func (p *printer) array(v starlark.Indexable, depth int) error {
	p.buf = append(p.buf, '[')
	for i := range v.Len() {
		p.comma(i)
		if err := p.json(v.Index(i), depth+1); err != nil {
			return addStep(err, func() string { return fmt.Sprintf("[%d]", i) })
		}
	}
	p.buf = append(p.buf, ']')
	return nil
}

func (p *printer) object(v *starlark.Dict, depth int) error {
	p.buf = append(p.buf, '{')
	i := 0
	for key, value := range v.Entries() {
		name, ok := key.(starlark.String)
		if !ok {
			return &misfit{reason: fmt.Sprintf("a dict with a key of type %s is not a JSON value: keys must be strings", key.Type())}
		}
		p.comma(i)
		if err := p.pay(len(name)); err != nil {
			return err
		}
		p.buf = append(appendString(p.buf, string(name)), ':')
		if err := p.json(value, depth+1); err != nil {
			return addStep(err, func() string { return member(string(name)) })
		}
		i++
	}
	p.buf = append(p.buf, '}')
	return nil
}

// appendString writes a JSON string. Bytes that are not UTF-8 become U+FFFD.
func appendString(buf []byte, s string) []byte {
	const hex = "0123456789abcdef"
	buf = append(buf, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		size, escape := 1, ""
		switch {
		case c == '"':
			escape = `\"`
		case c == '\\':
			escape = `\\`
		case c == '\n':
			escape = `\n`
		case c == '\r':
			escape = `\r`
		case c == '\t':
			escape = `\t`
		case c < 0x20:
			escape = `\u00` + hex[c>>4:c>>4+1] + hex[c&15:c&15+1]
		default:
			var r rune
			if r, size = utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || size != 1 {
				i += size
				continue
			}
			escape = "\ufffd"
		}
		buf = append(append(buf, s[start:i]...), escape...)
		i += size
		start = i
	}
	return append(append(buf, s[start:]...), '"')
}
