package cbor

import (
	"encoding/binary"
	"reflect"
	"unsafe"
)

// The major types of RFC 8949 that plans know, and the three simple values.
const (
	majorNumber   = 0
	majorNegative = 1
	majorOctets   = 2
	majorText     = 3
	majorList     = 4
	majorMap      = 5

	isFalse = 0xf4
	isTrue  = 0xf5
	isNull  = 0xf6
)

// appendHead appends the head of an item, in the shortest form.
func appendHead(b []byte, major byte, n uint64) []byte {
	major <<= 5
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n < 1<<8:
		return append(b, major|24, byte(n))
	case n < 1<<16:
		return append(b, major|25, byte(n>>8), byte(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), n)
}

// appendOctets appends a byte string.
func appendOctets(b, octets []byte) []byte {
	return append(appendHead(b, majorOctets, uint64(len(octets))), octets...)
}

// Enclose makes a byte string of the bytes of b after the first from.
func Enclose(b []byte, from int) []byte {
	var head [9]byte
	h := appendHead(head[:0], majorOctets, uint64(len(b)-from))
	b = append(b, h...)
	copy(b[from+len(h):], b[from:])
	copy(b[from:], h)
	return b
}

// append appends the value at p.
func (p *plan) append(b []byte, at unsafe.Pointer) ([]byte, error) {
	switch p.kind {
	case number:
		return appendHead(b, majorNumber, p.bits(at)), nil
	case integer:
		if n := int64(p.bits(at)); n < 0 {
			return appendHead(b, majorNegative, uint64(-1-n)), nil
		}
		return appendHead(b, majorNumber, p.bits(at)), nil
	case boolean:
		return append(b, isFalse+byte(p.bits(at))), nil
	case text:
		s := *(*string)(at)
		return append(appendHead(b, majorText, uint64(len(s))), s...), nil
	case octets:
		if v := *(*[]byte)(at); v != nil {
			return appendOctets(b, v), nil
		}
		return append(b, isNull), nil
	case fixed:
		return appendOctets(b, unsafe.Slice((*byte)(at), p.count)), nil
	case pointer:
		if to := *(*unsafe.Pointer)(at); to != nil {
			return p.elem.append(b, to)
		}
		return append(b, isNull), nil
	case list:
		v := *(*[]byte)(at) // the elements' type does not matter for address and length
		if v == nil {
			return append(b, isNull), nil
		}
		return p.elem.appendEach(b, unsafe.Pointer(unsafe.SliceData(v)), len(v))
	case array:
		return p.elem.appendEach(b, at, p.count)
	case structure:
		return p.appendFields(b, at)
	case selfCoding:
		return reflect.NewAt(p.typ, at).Interface().(Coder).AppendCBOR(b)
	}
	more, err := encoding.Marshal(reflect.NewAt(p.typ, at).Elem().Interface())
	return append(b, more...), err
}

func (p *plan) appendEach(b []byte, at unsafe.Pointer, n int) (_ []byte, err error) {
	b = appendHead(b, majorList, uint64(n))
	for i := 0; i < n && err == nil; i++ {
		b, err = p.append(b, unsafe.Add(at, uintptr(i)*p.size))
	}
	return b, err
}

func (p *plan) appendFields(b []byte, at unsafe.Pointer) (_ []byte, err error) {
	head, n := len(b), uint64(0)
	b = append(b, 0) // of the map: below 24 fields it is one byte
	for i := range p.fields {
		f := &p.fields[i]
		value := unsafe.Add(at, f.offset)
		if f.left(value) {
			continue
		}
		n++
		b = append(b, f.head...)
		if b, err = f.append(b, value); err != nil {
			return nil, err
		}
	}
	if n < 24 {
		b[head] = majorMap<<5 | byte(n)
		return b, nil
	}
	b = append(b, 0)
	copy(b[head+2:], b[head+1:])
	b[head], b[head+1] = majorMap<<5|24, byte(n)
	return b, nil
}
