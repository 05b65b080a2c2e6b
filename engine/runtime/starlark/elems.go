package starlark

import (
	"fmt"
	"unicode/utf8"

	"go.starlark.net/starlark"
)

// elems is what elems() and elem_ords() return, the bytes of a string as strings or numbers, and
// what bytes.elems() returns, always numbers. The interpreter's own versions yield substrings, each
// of which keeps all of s alive, or do not know their length, so that the size of what is built
// from them is not known in advance.
type elems struct {
	s    string
	ords bool
	of   starlark.Value // for printing
}

var (
	_ starlark.Indexable = (*elems)(nil)
	_ starlark.Sequence  = (*elems)(nil)
)

func (e *elems) String() string             { return "<" + e.Type() + ">" }
func (e *elems) Type() string               { return e.of.Type() + ".elems" }
func (e *elems) Freeze()                    {}
func (e *elems) Truth() starlark.Bool       { return true }
func (e *elems) Hash() (uint32, error)      { return 0, fmt.Errorf("unhashable: %s", e.Type()) }
func (e *elems) Len() int                   { return len(e.s) }
func (e *elems) Iterate() starlark.Iterator { return &elemsIterator{e: e} }
func (e *elems) Index(i int) starlark.Value {
	if e.ords {
		return starlark.MakeInt(int(e.s[i]))
	}
	return single[e.s[i]]
}

type elemsIterator struct {
	e *elems
	i int
}

func (it *elemsIterator) Done() {}
func (it *elemsIterator) Next(p *starlark.Value) bool {
	if it.i == len(it.e.s) {
		return false
	}
	*p = it.e.Index(it.i)
	it.i++
	return true
}

// codepoints is what s.codepoints() and s.codepoint_ords() return. Unlike the interpreter's own
// version it knows its length.
type codepoints struct {
	s    string
	n    int
	ords bool
}

var _ starlark.Sequence = (*codepoints)(nil)

func (c *codepoints) String() string             { return "<string.codepoints>" }
func (c *codepoints) Type() string               { return "string.codepoints" }
func (c *codepoints) Freeze()                    {}
func (c *codepoints) Truth() starlark.Bool       { return true }
func (c *codepoints) Hash() (uint32, error)      { return 0, fmt.Errorf("unhashable: %s", c.Type()) }
func (c *codepoints) Len() int                   { return c.n }
func (c *codepoints) Iterate() starlark.Iterator { return &codepointsIterator{s: c.s, ords: c.ords} }

type codepointsIterator struct {
	s    string
	ords bool
}

func (it *codepointsIterator) Done() {}
func (it *codepointsIterator) Next(p *starlark.Value) bool {
	if it.s == "" {
		return false
	}
	r, size := utf8.DecodeRuneInString(it.s)
	it.s = it.s[size:]
	switch {
	case it.ords:
		*p = starlark.MakeInt(int(r))
	case r < 0x80:
		*p = single[r]
	default:
		*p = starlark.String(string(r))
	}
	return true
}
