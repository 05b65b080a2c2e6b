package wasm

import "bytes"

// plain is an image for systems that cannot tell which pages were written to: memories are copies,
// and all of them is compared.
type plain struct{ b []byte }

func newPlainImage(b []byte) image { return plain{bytes.Clone(b)} }

func (p plain) bytes() []byte { return p.b }
func (p plain) close()        {}

func (p plain) memory(uint64) (memory, error) {
	return &copied{image: p.b, b: bytes.Clone(p.b)}, nil
}

// copied is a copy of an image.
type copied struct{ image, b []byte }

func (c *copied) changed(size int) []int { return differing(c.b[:size], c.image) }
func (c *copied) watch() bool            { return false }
func (c *copied) watched()               {}
func (c *copied) touched()               {}
func (c *copied) close()                 {}

func (c *copied) grow(size int) []byte {
	if more := size - len(c.b); more > 0 {
		c.b = append(c.b, make([]byte, more)...)
	}
	return c.b[:size]
}

var zeros [blockOf]byte

// differing returns the blocks of b that differ from the image, which is followed by zeros.
func differing(b, image []byte) (list []int) {
	for at := 0; at < len(b); at += blockOf {
		was := zeros[:]
		if at < len(image) {
			was = image[at : at+blockOf]
		}
		if !bytes.Equal(b[at:at+blockOf], was) {
			list = append(list, at/blockOf)
		}
	}
	return list
}
