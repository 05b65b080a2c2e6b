package wasm

import "math"

// Handles of the interpreter are addresses of cells. To look into one saves a call of the
// interpreter or two. A cell has 8 bytes. In the upper half there is a tag; that of a whole number
// is 0, and its value the lower half. What is no tag is a number of 8 bytes IEEE 754, from which
// cellOffset was taken away. This is how a known interpreter does it, and lays checks it.
const (
	cellText      = -7
	cellWhole     = 0
	cellUndefined = 3
	cellException = 6
	cellFirst     = -9 // tag; there are fewer than cellTags
	cellTags      = 32
	cellOffset    = 0x7ff8000a << 32
)

// tagAt returns the tag of a cell, or what is none.
func (i *instance) tagAt(handle uint64) int32 {
	v, _ := i.module.Memory().ReadUint64Le(uint32(handle))
	return int32(v >> 32)
}

// numberAt reads a number. ok is false if it is none, or one that the interpreter has to tell.
func (i *instance) numberAt(handle uint64) (n float64, ok bool) {
	v, ok := i.module.Memory().ReadUint64Le(uint32(handle))
	switch tag := int32(v >> 32); {
	case !ok:
	case tag == cellWhole:
		return float64(int32(v)), true
	case uint32(tag-cellFirst) >= cellTags:
		return math.Float64frombits(v + cellOffset), true
	}
	return 0, false
}

// lays reports whether the interpreter lays values out in that way.
func (i *instance) lays() bool {
	for _, c := range []struct {
		code string
		want float64
	}{{"0", 0}, {"7", 7}, {"-7", -7}, {"2147483647", 1<<31 - 1}, {"2147483648", 1 << 31}, {"0.5", 0.5}, {"-1e300", -1e300}} {
		handle, made := i.eval(c.code, "aion"), i.newNumber(c.want)
		n, ok := i.numberAt(handle)
		other, also := i.numberAt(made)
		i.js(jsRelease, handle)
		i.js(jsRelease, made)
		if !ok || !also || n != c.want || other != c.want {
			return false
		}
	}
	for _, c := range []struct {
		code string
		text bool
	}{{`"7"`, true}, {`""`, true}, {"true", false}, {"null", false}, {"undefined", false}, {"7n", false}, {"2n ** 70n", false}, {"({})", false}, {`Symbol("7")`, false}, {"() => 7", false}, {`throw "7"`, false}} {
		handle := i.eval(c.code, "aion")
		_, number := i.numberAt(handle)
		tag := i.tagAt(handle)
		if i.js(jsIsException, handle) != 0 {
			i.js(jsRelease, i.js(jsException))
		}
		i.js(jsRelease, handle)
		if number || (tag == cellText) != c.text || (tag == cellUndefined) != (c.code == "undefined") {
			return false
		}
	}
	return true
}
