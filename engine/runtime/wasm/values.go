package wasm

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
)

// The second driver takes the interpreter's values as they are, in place of handles. A value
// is what lies in a cell: see there. Those of a negative tag are counted, and have an address in
// their lower half.
const (
	valueNull      = 2<<32 | 0
	valueUndefined = cellUndefined << 32

	// A text is its length, with the upper bit set if its characters have 16 bits, and a word that
	// says in two bits how they are kept: 0 = behind the header.
	textHeader    = 24
	textWide      = 1 << 31
	textElsewhere = 3 << 28
)

// valueAt returns the value of a handle.
func (i *instance) valueAt(handle uint64) uint64 {
	return binary.LittleEndian.Uint64(i.bytesAt(handle, 8))
}

// wholeValue is a number without a fraction, below 2^53.
func wholeValue(n int64) uint64 {
	if int64(int32(n)) == n {
		return uint64(uint32(n))
	}
	return math.Float64bits(float64(n)) - cellOffset
}

// valueOf makes a value of a payload.
func (i *instance) valueOf(payload []byte) uint64 {
	if string(payload) == "null" {
		return valueNull
	}
	if n, err := strconv.ParseInt(string(payload), 10, 32); err == nil && n > 0 { // -0 is no such number
		return wholeValue(n)
	}
	s := i.guest.script
	return i.write(payload, func(at uint64) uint64 {
		return i.js(jsParseValue, s.context, at, uint64(len(payload)), s.scratch+atSize)
	})
}

// laysTexts reports whether the interpreter lays texts out in that way. What it does becomes part
// of the image, so it does that in the same order everywhere.
func (i *instance) laysTexts() bool {
	for _, c := range []struct {
		code, said string
		short      bool
	}{
		{`""`, "", true}, {`"a text"`, "a text", true}, {`"a" + 7`, "a7", true}, {`"x".repeat(300)`, strings.Repeat("x", 300), true},
		{`"\u00e9"`, "", false}, {`"\u20ac"`, "", false}, {`"0123456789".repeat(1000).slice(5, 9000)`, "", false}, {"7", "", false},
	} {
		handle := i.eval(c.code, "aion")
		b, ok := i.shortText(handle)
		i.js(jsRelease, handle)
		if ok != c.short || string(b) != c.said {
			return false
		}
	}
	return true
}

// releaseValue gives up a value.
func (i *instance) releaseValue(v uint64) {
	if tag := int32(v >> 32); tag < 0 && tag >= cellFirst {
		i.js(jsReleaseValue, i.guest.script.context, v)
	}
}

// shortText returns what a text says that lies in the memory as it is. ok is false for others.
func (i *instance) shortText(handle uint64) (b []byte, ok bool) {
	v := i.valueAt(handle)
	if int32(v>>32) != cellText {
		return nil, false
	}
	header := i.bytesAt(uint64(uint32(v)), textHeader)
	size, how := binary.LittleEndian.Uint32(header), binary.LittleEndian.Uint32(header[4:])
	if size&textWide != 0 || how&textElsewhere != 0 {
		return nil, false
	}
	b = i.bytesAt(uint64(uint32(v))+textHeader, uint64(size))
	for _, c := range b {
		if c >= 0x80 {
			return nil, false
		}
	}
	i.spend(len(b) / bytesPerUnit)
	return bytes.Clone(b), true
}
