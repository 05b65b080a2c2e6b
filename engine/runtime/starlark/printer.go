package starlark

import (
	"slices"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// printer writes values as str and repr do, and charges while it writes: a value with shared parts
// prints larger than it is.
type printer struct {
	m    *meter
	buf  []byte
	paid int              // bytes charged so far
	seen int              // values written but not yet charged
	path []starlark.Value // lists and dicts being written
	most int              // if > 0, stop after that many bytes
}

// pay charges for what was written since the last call, and for n more bytes.
func (p *printer) pay(n int) error {
	due := len(p.buf) + n - p.paid
	if due < 1024 && p.seen < 256 && n == 0 {
		return nil
	}
	if err := p.m.steps(due/16 + p.seen); err != nil {
		return err
	}
	p.paid, p.seen = p.paid+due, 0
	return p.m.grow(uint64(due))
}

func (p *printer) text(s string) error {
	if err := p.pay(len(s)); err != nil {
		return err
	}
	p.buf = append(p.buf, s...)
	return nil
}

// done returns the written text.
func (p *printer) done() (starlark.String, error) {
	due := max(len(p.buf)-p.paid, 0)
	if err := p.m.steps(due/16 + p.seen); err != nil {
		return "", err
	}
	return starlark.String(p.buf), p.m.grow(uint64(costString + due))
}

func (p *printer) value(v starlark.Value, depth int) error {
	if depth > maxDepth {
		return tooDeep()
	}
	if p.most > 0 && len(p.buf) > p.most {
		return nil
	}
	p.seen++
	if err := p.pay(0); err != nil {
		return err
	}
	switch v := v.(type) {
	case starlark.String:
		if err := p.pay(len(v)); err != nil {
			return err
		}
		return p.text(syntax.Quote(string(v), false))
	case starlark.Bytes:
		if err := p.pay(len(v)); err != nil {
			return err
		}
		return p.text(syntax.Quote(string(v), true))
	case *starlark.List:
		return p.container(v, "[", "]", func() error {
			return p.sequence(v, depth)
		})
	case starlark.Tuple:
		p.buf = append(p.buf, '(')
		if err := p.sequence(v, depth); err != nil {
			return err
		}
		if len(v) == 1 {
			p.buf = append(p.buf, ',')
		}
		p.buf = append(p.buf, ')')
	case *starlark.Set:
		p.buf = append(p.buf, "set(["...)
		if err := p.sequence(v, depth); err != nil {
			return err
		}
		p.buf = append(p.buf, "])"...)
	case *starlark.Dict:
		return p.container(v, "{", "}", func() error { return p.entries(v, depth) })
	case *record:
		if v.kind != nil {
			p.buf = append(append(p.buf, v.kind.Name()...), '(')
		} else {
			p.buf = append(p.buf, "struct("...)
		}
		for i, name := range v.names {
			p.separate(i)
			p.buf = append(append(p.buf, name...), " = "...)
			if err := p.value(v.values[i], depth+1); err != nil {
				return err
			}
		}
		p.buf = append(p.buf, ')')
	case *elems:
		if err := p.value(v.of, depth+1); err != nil {
			return err
		}
		p.buf = append(p.buf, methodName("elem", v.ords && v.of.Type() == "string")...)
	case *codepoints:
		if err := p.value(starlark.String(v.s), depth+1); err != nil {
			return err
		}
		p.buf = append(p.buf, methodName("codepoint", v.ords)...)
	case starlark.Float:
		p.seen += 8
		p.buf = append(p.buf, v.String()...)
	default: // every other value is short
		p.seen += bitsOf(v) / 32
		p.buf = append(p.buf, v.String()...)
	}
	return nil
}

func methodName(what string, ords bool) string {
	if ords {
		return "." + what + "_ords()"
	}
	return "." + what + "s()"
}

func (p *printer) separate(i int) {
	if i > 0 {
		p.buf = append(p.buf, ", "...)
	}
}

func (p *printer) sequence(v starlark.Iterable, depth int) error {
	if list, ok := v.(starlark.Indexable); ok { // avoids iterators: a deep value would need many
		for i := range list.Len() {
			p.separate(i)
			if err := p.value(list.Index(i), depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	i := 0
	for elem := range starlark.Elements(v) {
		p.separate(i)
		if err := p.value(elem, depth+1); err != nil {
			return err
		}
		i++
	}
	return nil
}

func (p *printer) entries(v *starlark.Dict, depth int) error {
	i := 0
	for key, value := range v.Entries() {
		p.separate(i)
		if err := p.value(key, depth+1); err != nil {
			return err
		}
		p.buf = append(p.buf, ": "...)
		if err := p.value(value, depth+1); err != nil {
			return err
		}
		i++
	}
	return nil
}

// container writes a list or dict, or ... if it is already being written.
func (p *printer) container(v starlark.Value, open, close string, content func() error) error {
	p.buf = append(p.buf, open...)
	if slices.Contains(p.path, v) {
		p.buf = append(append(p.buf, "..."...), close...)
		return nil
	}
	p.path = append(p.path, v)
	if err := content(); err != nil {
		return err
	}
	p.path = p.path[:len(p.path)-1]
	p.buf = append(p.buf, close...)
	return nil
}

// writeStr writes v as str does: a string without quotes.
func (p *printer) writeStr(v starlark.Value) error {
	if s, ok := v.(starlark.String); ok {
		return p.text(string(s))
	}
	return p.value(v, 0)
}

// brief returns v, shortened, for an error message.
func (m *meter) brief(v starlark.Value) string {
	const most = 120
	if s, ok := v.(starlark.String); ok && len(s) > most {
		v = s[:most]
	}
	p := printer{m: m, most: most}
	if err := p.value(v, 0); err != nil {
		return v.Type()
	}
	if len(p.buf) > most {
		return strings.ToValidUTF8(string(p.buf[:most]), "") + "..."
	}
	return string(p.buf)
}
