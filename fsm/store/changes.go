package store

import "encoding/binary"

// The operations in changes.
const (
	opSet    = 1
	opDelete = 2
	opRange  = 3
)

// change notes one change: the operation, the key behind its length, and likewise the value, or the
// end of a range. The digest covers these bytes.
func (o *Overlay) change(op byte, key, value []byte) {
	o.Charge(1 + uint64(len(value))/BytesPerUnit)
	c := append(o.changes[key[0]], op)
	c = binary.AppendUvarint(c, uint64(len(key)))
	c = append(c, key...)
	if op != opDelete {
		c = binary.AppendUvarint(c, uint64(len(value)))
		c = append(c, value...)
	}
	o.changes[key[0]] = c
}

// change is one of them.
type change struct {
	op         byte
	key, value []byte // value is nil of a deleted row, and the end of a range
}

// eachChange calls f with changes, in order.
func eachChange(b []byte, f func(c change)) {
	field := func() []byte {
		n, w := binary.Uvarint(b)
		v := b[w : w+int(n) : w+int(n)]
		b = b[w+int(n):]
		return v
	}
	for len(b) > 0 {
		c := change{op: b[0]}
		b = b[1:]
		c.key = field()
		if c.op != opDelete {
			c.value = field()
		}
		f(c)
	}
}

// Changed calls f with the rows of a family that were written, in order, with a value of nil when
// they were deleted. It leaves out deleted ranges. F must not keep key and value.
func (o *Overlay) Changed(family byte, f func(key, value []byte)) {
	eachChange(o.changes[family], func(c change) {
		if c.op != opRange {
			f(c.key, c.value)
		}
	})
}
