package cbor

import (
	"encoding/binary"
	"reflect"
	"unsafe"
)

// reader reads one value. It takes only what a plan writes: shortest heads, rising keys, nothing
// twice. Of everything else it says false, and then the library decides.
type reader struct {
	b     []byte
	at    int
	depth int
}

// maxDepth is far above what our types have, and below what the library takes.
const maxDepth = 16

// head reads the head of an item.
func (r *reader) head() (major byte, n uint64, ok bool) {
	if r.at >= len(r.b) {
		return 0, 0, false
	}
	first := r.b[r.at]
	r.at++
	major = first >> 5
	if n = uint64(first & 31); n < 24 {
		return major, n, true
	}
	rest := r.b[r.at:]
	switch width := 1 << (n - 24); {
	case n > 27 || len(rest) < width:
		return 0, 0, false
	case width == 1:
		r.at, n = r.at+1, uint64(rest[0])
		return major, n, n >= 24
	case width == 2:
		r.at, n = r.at+2, uint64(binary.BigEndian.Uint16(rest))
		return major, n, n >= 1<<8
	case width == 4:
		r.at, n = r.at+4, uint64(binary.BigEndian.Uint32(rest))
		return major, n, n >= 1<<16
	}
	r.at, n = r.at+8, binary.BigEndian.Uint64(rest)
	return major, n, n >= 1<<32
}

// expect reads the head of an item of one major type.
func (r *reader) expect(major byte) (uint64, bool) {
	got, n, ok := r.head()
	return n, ok && got == major
}

// take returns the bytes of a byte string or a text.
func (r *reader) take(major byte) ([]byte, bool) {
	n, ok := r.expect(major)
	if !ok || n > uint64(len(r.b)-r.at) {
		return nil, false
	}
	v := r.b[r.at : r.at+int(n)]
	r.at += int(n)
	return v, true
}

// null reports whether the item is null, and then steps over it.
func (r *reader) null() bool {
	if r.at < len(r.b) && r.b[r.at] == isNull {
		r.at++
		return true
	}
	return false
}

// read reads the value that p describes to where at points, which is zero.
func (r *reader) read(p *plan, at unsafe.Pointer) bool {
	switch p.kind {
	case number:
		n, ok := r.expect(majorNumber)
		return ok && p.set(at, n)
	case integer:
		major, n, ok := r.head()
		return ok && major <= majorNegative && n < 1<<63 && p.setSigned(at, int64(n)^-int64(major))
	case boolean:
		if r.at >= len(r.b) || r.b[r.at]&^1 != isFalse {
			return false
		}
		*(*bool)(at) = r.b[r.at] == isTrue
		r.at++
		return true
	case text:
		v, ok := r.take(majorText)
		*(*string)(at) = string(v)
		return ok
	case octets:
		if r.null() {
			return true
		}
		v, ok := r.take(majorOctets)
		if ok {
			*(*[]byte)(at) = append(make([]byte, 0, len(v)), v...)
		}
		return ok
	case fixed:
		v, ok := r.take(majorOctets)
		return ok && len(v) == p.count && copy(unsafe.Slice((*byte)(at), p.count), v) == p.count
	case pointer:
		if r.null() {
			return true
		}
		v := reflect.New(p.elem.typ)
		reflect.NewAt(p.typ, at).Elem().Set(v.Convert(p.typ))
		return r.read(p.elem, v.UnsafePointer())
	case list:
		return r.null() || r.readList(p, at)
	case array:
		n, ok := r.expect(majorList)
		return ok && n == uint64(p.count) && r.readEach(p.elem, at, p.count)
	case structure:
		return r.readFields(p, at)
	}
	from := r.at
	if !r.skip() {
		return false
	}
	raw := r.b[from:r.at]
	if p.kind == selfCoding {
		return reflect.NewAt(p.typ, at).Interface().(Coder).UnmarshalCBOR(raw) == nil
	}
	return decoding.Unmarshal(raw, reflect.NewAt(p.typ, at).Interface()) == nil
}

func (r *reader) readList(p *plan, at unsafe.Pointer) bool {
	n, ok := r.expect(majorList)
	if !ok || n > uint64(len(r.b)-r.at) || n > maxElements { // an element has a byte at least
		return false
	}
	v := reflect.MakeSlice(p.typ, int(n), int(n))
	reflect.NewAt(p.typ, at).Elem().Set(v)
	return r.readEach(p.elem, v.UnsafePointer(), int(n))
}

func (r *reader) readEach(p *plan, at unsafe.Pointer, n int) bool {
	if r.depth++; r.depth > maxDepth {
		return false
	}
	for i := range n {
		if !r.read(p, unsafe.Add(at, uintptr(i)*p.size)) {
			return false
		}
	}
	r.depth--
	return true
}

func (r *reader) readFields(p *plan, at unsafe.Pointer) bool {
	n, ok := r.expect(majorMap)
	if r.depth++; !ok || r.depth > maxDepth {
		return false
	}
	next := 0 // of the fields
	for range n {
		key, ok := r.expect(majorNumber)
		for next < len(p.fields) && p.fields[next].key < key {
			next++
		}
		if !ok || next == len(p.fields) || p.fields[next].key != key {
			return false
		}
		f := &p.fields[next]
		if next++; !r.read(f.plan, unsafe.Add(at, f.offset)) {
			return false
		}
	}
	r.depth--
	return true
}

// set stores a number that fits.
func (p *plan) set(at unsafe.Pointer, n uint64) bool {
	switch p.size {
	case 1:
		*(*uint8)(at) = uint8(n)
	case 2:
		*(*uint16)(at) = uint16(n)
	case 4:
		*(*uint32)(at) = uint32(n)
	default:
		*(*uint64)(at) = n
	}
	return p.bits(at) == n
}

func (p *plan) setSigned(at unsafe.Pointer, n int64) bool {
	switch p.size {
	case 1:
		*(*int8)(at) = int8(n)
	case 2:
		*(*int16)(at) = int16(n)
	case 4:
		*(*int32)(at) = int32(n)
	default:
		*(*int64)(at) = n
	}
	return int64(p.bits(at)) == n
}

// skip steps over an item.
func (r *reader) skip() bool {
	major, n, ok := r.head()
	if !ok {
		return false
	}
	switch major {
	case majorNumber, majorNegative:
		return true
	case majorOctets, majorText:
		if n > uint64(len(r.b)-r.at) {
			return false
		}
		r.at += int(n)
		return true
	case majorList, majorMap:
		if r.depth++; r.depth > maxDepth || n > maxElements {
			return false
		}
		for range n * uint64(major-majorList+1) {
			if !r.skip() {
				return false
			}
		}
		r.depth--
		return true
	case isNull >> 5:
		return n >= isFalse&31 && n <= isNull&31
	}
	return false
}
