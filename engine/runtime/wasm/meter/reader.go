package meter

import "fmt"

// Invalid says why a module is refused.
type Invalid struct {
	At     int // offset in the module, of the section or the instruction
	Reason string
}

func (e *Invalid) Error() string { return fmt.Sprintf("%s (at byte %d)", e.Reason, e.At) }

// reader reads a module from its beginning. After the first error everything that it reads is zero,
// so that callers look at err where it matters: before they believe a count.
type reader struct {
	b    []byte
	p    int
	base int // offset of b in the module
	err  *Invalid
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = &Invalid{At: r.base + r.p, Reason: fmt.Sprintf(format, args...)}
	}
}

func (r *reader) done() bool { return r.err != nil || r.p >= len(r.b) }

func (r *reader) byte() byte {
	if r.done() {
		r.fail("the module ends early")
		return 0
	}
	r.p++
	return r.b[r.p-1]
}

// bytes returns the next n bytes, which stay those of the module.
func (r *reader) bytes(n uint32) []byte {
	if r.err != nil || uint64(n) > uint64(len(r.b)-r.p) {
		r.fail("the module ends early")
		return nil
	}
	r.p += int(n)
	return r.b[r.p-int(n) : r.p]
}

// sub returns a reader of the next n bytes.
func (r *reader) sub(n uint32) *reader {
	base := r.base + r.p
	b := r.bytes(n)
	return &reader{b: b, base: base, err: r.err}
}

// u32 reads an unsigned number.
func (r *reader) u32() uint32 {
	var v uint64
	for shift := 0; shift < 35; shift += 7 {
		c := r.byte()
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			if v > 1<<32-1 {
				r.fail("a number has more than 32 bits")
				return 0
			}
			return uint32(v)
		}
	}
	r.fail("a number has more than 32 bits")
	return 0
}

// signed reads a signed number of that many bits.
func (r *reader) signed(bits int) int64 {
	var v int64
	for shift := 0; shift < bits; shift += 7 {
		c := r.byte()
		v |= int64(c&0x7f) << shift
		if c < 0x80 {
			if shift+7 < 64 && c&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			if bits < 64 && (v < -1<<(bits-1) || v >= 1<<(bits-1)) {
				r.fail("a number has more than %d bits", bits)
			}
			return v
		}
	}
	r.fail("a number has more than %d bits", bits)
	return 0
}

// count reads how many elements follow, each of at least one byte.
func (r *reader) count(what string, most uint32) int {
	n := r.u32()
	if n > most {
		r.fail("the module has %d %s; the limit is %d", n, what, most)
		return 0
	}
	if r.err == nil && uint64(n) > uint64(len(r.b)-r.p) {
		r.fail("the module ends early")
		return 0
	}
	return int(n)
}

// name reads a text.
func (r *reader) name() string { return string(r.bytes(r.u32())) }
