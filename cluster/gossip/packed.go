package gossip

import (
	"encoding/binary"
	"errors"
	"io"
)

// packed reads one msgpack value without keeping it, to verify its lengths: it never reads more
// than left bytes of in, and never allocates by a length that in does not hold.
type packed struct {
	in   io.Reader
	left int
}

var errCutShort = errors.New("a value is longer than its container")

// value reads one value, with nested values up to depth.
func (p *packed) value(depth int) error {
	b, err := p.number(1)
	if err != nil {
		return err
	}
	switch c := byte(b); {
	case c <= 0x7f, c >= 0xe0, c == 0xc0, c == 0xc2, c == 0xc3: // small numbers, nil, booleans
		return nil
	case c <= 0x8f:
		return p.values(2*uint64(c&0x0f), depth)
	case c <= 0x9f:
		return p.values(uint64(c&0x0f), depth)
	case c <= 0xbf:
		return p.skip(uint64(c & 0x1f))
	case c >= 0xc4 && c <= 0xc6: // bytes
		return p.sized(1<<(c-0xc4), 0)
	case c >= 0xc7 && c <= 0xc9: // extensions with a type byte
		return p.sized(1<<(c-0xc7), 1)
	case c == 0xca:
		return p.skip(4)
	case c == 0xcb:
		return p.skip(8)
	case c >= 0xcc && c <= 0xcf:
		return p.skip(1 << (c - 0xcc))
	case c >= 0xd0 && c <= 0xd3:
		return p.skip(1 << (c - 0xd0))
	case c >= 0xd4 && c <= 0xd8: // extensions of fixed size
		return p.skip(1 + 1<<(c-0xd4))
	case c >= 0xd9 && c <= 0xdb: // strings
		return p.sized(1<<(c-0xd9), 0)
	case c == 0xdc, c == 0xdd:
		n, err := p.number(2 << (c - 0xdc))
		return errors.Join(err, p.values(n, depth))
	case c == 0xde, c == 0xdf:
		n, err := p.number(2 << (c - 0xde))
		return errors.Join(err, p.values(2*n, depth))
	}
	return errors.New("a byte that does not begin a value")
}

func (p *packed) values(n uint64, depth int) error {
	if n > uint64(p.left) { // each value takes at least one byte
		return errCutShort
	}
	if n > 0 && depth == 0 {
		return errors.New("values nested too deep")
	}
	for range n {
		if err := p.value(depth - 1); err != nil {
			return err
		}
	}
	return nil
}

func (p *packed) sized(width int, more uint64) error {
	n, err := p.number(width)
	if err != nil {
		return err
	}
	return p.skip(n + more)
}

func (p *packed) number(width int) (uint64, error) {
	if width > p.left {
		return 0, errCutShort
	}
	var b [8]byte
	if _, err := io.ReadFull(p.in, b[8-width:]); err != nil {
		return 0, err
	}
	p.left -= width
	return binary.BigEndian.Uint64(b[:]), nil
}

func (p *packed) skip(n uint64) error {
	if n > uint64(p.left) {
		return errCutShort
	}
	if _, err := io.CopyN(io.Discard, p.in, int64(n)); err != nil {
		return err
	}
	p.left -= int(n)
	return nil
}
