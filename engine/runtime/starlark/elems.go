package starlark

import (
	"fmt"
	"unicode/utf8"

	"go.starlark.net/starlark"
)

// elems is what s.elems() returns: the bytes of s as strings. The interpreter's own yields substrings, each of which keeps all of s alive.
type elems struct{ s string }

var (
	_ starlark.Indexable = (*elems)(nil)
	_ starlark.Sequence  = (*elems)(nil)
)

func (e *elems) String() string             { return "<string.elems>" }
func (e *elems) Type() string               { return "string.elems" }
func (e *elems) Freeze()                    {}
func (e *elems) Truth() starlark.Bool       { return true }
func (e *elems) Hash() (uint32, error)      { return 0, fmt.Errorf("unhashable: %s", e.Type()) }
func (e *elems) Len() int                   { return len(e.s) }
func (e *elems) Index(i int) starlark.Value { return single[e.s[i]] }
func (e *elems) Iterate() starlark.Iterator { return &elemsIterator{s: e.s} }

type elemsIterator struct{ s string }

func (it *elemsIterator) Done() {}
func (it *elemsIterator) Next(p *starlark.Value) bool {
	if it.s == "" {
		return false
	}
	*p, it.s = single[it.s[0]], it.s[1:]
	return true
}

// codepoints is what s.codepoints() and s.codepoint_ords() return. Unlike the interpreter's own it knows its length, so that what is built of it is known
// before it is built.
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
