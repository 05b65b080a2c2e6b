package starlark

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// interpolate evaluates format % x, as the language defines it. Flags, widths and precisions are of
// abi 2.
func (m *meter) interpolate(format string, x starlark.Value) (starlark.Value, error) {
	p := printer{m: m}
	args, many := x.(starlark.Tuple)
	if !many {
		args = starlark.Tuple{x}
	}
	_, mapping := x.(starlark.Mapping)
	next := 0
	for {
		p.seen++
		literal, rest, found := strings.Cut(format, "%")
		if err := p.text(literal); err != nil {
			return nil, err
		}
		if !found {
			break
		}
		if strings.HasPrefix(rest, "%") {
			p.buf = append(p.buf, '%')
			format = rest[1:]
			continue
		}
		var arg starlark.Value
		if strings.HasPrefix(rest, "(") {
			key, after, ok := strings.Cut(rest[1:], ")")
			if !ok {
				return nil, fmt.Errorf("incomplete format key")
			}
			from, ok := x.(starlark.Mapping)
			if !ok {
				return nil, fmt.Errorf("format requires a mapping")
			}
			if err := m.steps(len(key) / 32); err != nil {
				return nil, err
			}
			if in, ok := x.(*starlark.Dict); ok {
				if err := m.key(starlark.String(key), in); err != nil {
					return nil, err
				}
			}
			v, found, _ := from.Get(starlark.String(key))
			if !found {
				return nil, fmt.Errorf("key not found: %s", m.brief(starlark.String(key)))
			}
			arg, rest = v, after
		} else {
			if next >= len(args) {
				return nil, fmt.Errorf("not enough arguments for format string")
			}
			arg = args[next]
		}
		if rest == "" {
			return nil, fmt.Errorf("incomplete format")
		}
		if m.abi > 1 {
			f, after, err := percentSpec(rest)
			switch {
			case err != nil:
				return nil, err
			case after == "":
				return nil, fmt.Errorf("incomplete format")
			}
			if len(after) < len(rest) {
				f.verb = after[0]
				if err := p.convertTo(f, arg); err != nil {
					return nil, err
				}
				format = after[1:]
				next++
				continue
			}
		}
		if err := p.convert(rest[0], arg); err != nil {
			return nil, err
		}
		format = rest[1:]
		next++
	}
	if next < len(args) && !mapping {
		return nil, fmt.Errorf("too many arguments for format string")
	}
	return p.done()
}

// convertTo writes one argument of an interpolation that has flags, a width or a precision.
func (p *printer) convertTo(f spec, arg starlark.Value) error {
	switch f.verb {
	case 'd', 'i', 'o', 'x', 'X', 'e', 'f', 'g', 'E', 'F', 'G', 's':
		if f.verb == 'g' || f.verb == 'G' {
			if f.precision < 0 {
				f.precision = shortest
			}
		}
		return p.formatted(f, arg)
	}
	text := printer{m: p.m}
	if err := text.convert(f.verb, arg); err != nil {
		return err
	}
	s, err := text.done()
	if err != nil {
		return err
	}
	if f.precision >= 0 {
		s = starlark.String(firstRunes(string(s), f.precision))
	}
	return p.padded(f, string(s))
}

// convert writes one argument of an interpolation.
func (p *printer) convert(conversion byte, arg starlark.Value) error {
	if err := p.pay(0); err != nil {
		return err
	}
	switch conversion {
	case 's':
		return p.writeStr(arg)
	case 'r':
		return p.value(arg, 0)
	case 'd', 'i', 'o', 'x', 'X':
		i, err := starlark.NumberToInt(arg)
		if err != nil {
			return fmt.Errorf("%%%c format requires integer: %w", conversion, err)
		}
		if conversion == 'i' {
			conversion = 'd'
		}
		p.seen += 8 + bitsOf(i)/32
		p.buf = fmt.Appendf(p.buf, "%"+string(conversion), i)
	case 'e', 'f', 'g', 'E', 'F', 'G':
		if _, ok := starlark.AsFloat(arg); !ok {
			return fmt.Errorf("%%%c format requires float, not %s", conversion, arg.Type())
		}
		p.seen += 64 + bitsOf(arg)/32
		s, err := starlark.Binary(syntax.PERCENT, starlark.String("%"+string(conversion)), arg)
		if err != nil {
			return err
		}
		p.buf = append(p.buf, s.(starlark.String)...)
	case 'c':
		return p.char(arg)
	default:
		return fmt.Errorf("unknown conversion %%%c", conversion)
	}
	return nil
}

func (p *printer) char(arg starlark.Value) error {
	switch arg := arg.(type) {
	case starlark.Int:
		r, err := starlark.AsInt32(arg)
		if err != nil || r < 0 || r > unicode.MaxRune {
			return fmt.Errorf("%%c format requires a valid Unicode code point, got %s", arg)
		}
		p.buf = utf8.AppendRune(p.buf, rune(r))
	case starlark.String:
		r, size := utf8.DecodeRuneInString(string(arg))
		if size != len(arg) || len(arg) == 0 {
			return fmt.Errorf("%%c format requires a single-character string")
		}
		p.buf = utf8.AppendRune(p.buf, r)
	default:
		return fmt.Errorf("%%c format requires int or single-character string, not %s", arg.Type())
	}
	return nil
}

// format evaluates s.format(*args, **kwargs), with fields {}, {0}, {name}, !r or !s. Format
// specifications are of abi 2.
func (m *meter) format(format string, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	p := printer{m: m}
	f := fields{args: args, kwargs: kwargs}
	for format != "" {
		p.seen++
		if err := p.pay(0); err != nil {
			return nil, err
		}
		i := strings.IndexAny(format, "{}")
		if i < 0 {
			i = len(format)
		}
		if err := p.text(format[:i]); err != nil {
			return nil, err
		}
		if format = format[i:]; format == "" {
			break
		}
		if len(format) > 1 && format[1] == format[0] { // {{ or }}
			p.buf = append(p.buf, format[0])
			format = format[2:]
			continue
		}
		if format[0] == '}' {
			return nil, fmt.Errorf("format: single '}' in format")
		}
		field, rest, ok := strings.Cut(format[1:], "}")
		if !ok {
			return nil, fmt.Errorf("format: unmatched '{' in format")
		}
		if err := f.write(&p, field); err != nil {
			return nil, fmt.Errorf("format: %w", err)
		}
		format = rest
	}
	return p.done()
}

// fields holds the arguments of a format call, and whether fields have been numbered so far.
type fields struct {
	args         starlark.Tuple
	kwargs       []starlark.Tuple
	next         int
	auto, manual bool
}

// write writes the argument that a field names.
func (f *fields) write(p *printer, field string) error {
	field, how, _ := strings.Cut(field, ":")
	if how != "" && p.m.abi == 1 {
		return fmt.Errorf("format specifications are not supported: %s", p.m.brief(starlark.String(how)))
	}
	name, conversion, explicit := strings.Cut(field, "!")
	arg, err := f.find(p.m, name)
	if err != nil {
		return err
	}
	if how != "" {
		return p.writeAs(how, conversion, explicit, arg)
	}
	switch {
	case !explicit || conversion == "s":
		return p.writeStr(arg)
	case conversion == "r":
		return p.value(arg, 0)
	}
	return fmt.Errorf("unknown conversion %s", p.m.brief(starlark.String(conversion)))
}

// writeAs writes the argument of a field with a format specification.
func (p *printer) writeAs(how, conversion string, explicit bool, arg starlark.Value) error {
	f, err := fieldSpec(how)
	if err != nil {
		return err
	}
	if !explicit {
		return p.formatted(f, arg)
	}
	text := printer{m: p.m}
	switch conversion {
	case "s":
		err = text.writeStr(arg)
	case "r":
		err = text.value(arg, 0)
	default:
		err = fmt.Errorf("unknown conversion %s", p.m.brief(starlark.String(conversion)))
	}
	if err != nil {
		return err
	}
	s, err := text.done()
	if err != nil {
		return err
	}
	return p.formatted(f, s)
}

func (f *fields) find(m *meter, name string) (starlark.Value, error) {
	if name == "" {
		if f.manual {
			return nil, fmt.Errorf("cannot switch from manual field specification to automatic field numbering")
		}
		f.auto = true
		f.next++
		return f.at(f.next - 1)
	}
	if i, ok := decimal(name); ok {
		if f.auto {
			return nil, fmt.Errorf("cannot switch from automatic field numbering to manual field specification")
		}
		f.manual = true
		return f.at(i)
	}
	if err := m.steps(1 + len(name)/16 + len(f.kwargs)/16*(1+len(name)/64)); err != nil {
		return nil, err
	}
	for _, kv := range f.kwargs {
		if string(kv[0].(starlark.String)) == name {
			return kv[1], nil
		}
	}
	return nil, fmt.Errorf("keyword %.100s not found", name)
}

func (f *fields) at(i int) (starlark.Value, error) {
	if i >= len(f.args) {
		return nil, fmt.Errorf("tuple index out of range")
	}
	return f.args[i], nil
}

// decimal parses digits; it does not distinguish values beyond a million.
func decimal(s string) (n int, ok bool) {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = min(n*10+int(c-'0'), 1e6)
	}
	return n, true
}
