package wasm

import (
	"encoding/binary"
	"fmt"
	"math"

	"aion.dev/aion/fsm/history"
)

// record is what a guest says or is told, see docs/GUEST.md.
type record []byte

// field appends a field.
func (r record) field(number byte, value []byte) record {
	r = append(r, number)
	r = binary.LittleEndian.AppendUint32(r, uint32(len(value)))
	return append(r, value...)
}

// text appends a text, unless it is empty.
func (r record) text(number byte, s string) record {
	if s == "" {
		return r
	}
	return r.field(number, []byte(s))
}

// number appends a number, unless it is 0.
func (r record) number(number byte, n int64) record {
	if n == 0 {
		return r
	}
	return r.field(number, binary.LittleEndian.AppendUint64(nil, uint64(n)))
}

// payload appends a payload, unless there is none.
func (r record) payload(number byte, p history.Payload) record {
	if len(p) == 0 {
		return r
	}
	return r.field(number, p)
}

// reading reads a record that a guest wrote. Each field is asked for in ascending order. After the
// first mistake it says what was wrong, and gives nothing more.
type reading struct {
	rest []byte
	last byte
	err  error
}

func (r *reading) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("the record "+format, args...)
	}
}

// peek returns the number of the next field; 0 = there is none.
func (r *reading) peek() byte {
	if r.err != nil || len(r.rest) == 0 {
		return 0
	}
	return r.rest[0]
}

// take returns the field, if it is the next one.
func (r *reading) take(number byte) (value []byte, ok bool) {
	if r.peek() != number || number == 0 {
		return nil, false
	}
	if len(r.rest) < 5 || uint64(len(r.rest)-5) < uint64(binary.LittleEndian.Uint32(r.rest[1:])) {
		r.fail("ends within field %d", number)
		return nil, false
	}
	end := 5 + int(binary.LittleEndian.Uint32(r.rest[1:]))
	value, r.rest = r.rest[5:end], r.rest[end:]
	if r.last = number; r.peek() != 0 && r.peek() < r.last {
		r.fail("has field %d behind field %d", r.peek(), r.last)
	}
	return value, true
}

// one returns a field that must not repeat.
func (r *reading) one(number byte) ([]byte, bool) {
	value, ok := r.take(number)
	if ok && r.peek() == number {
		r.fail("repeats field %d", number)
	}
	return value, ok
}

func (r *reading) text(number byte) string {
	value, _ := r.one(number)
	return string(value)
}

func (r *reading) number(number byte) (n int64, ok bool) {
	value, ok := r.one(number)
	if !ok {
		return 0, false
	}
	if len(value) != 8 {
		r.fail("has %d bytes in field %d, which is a number of 8", len(value), number)
		return 0, false
	}
	return int64(binary.LittleEndian.Uint64(value)), true
}

func (r *reading) duration(number byte) (history.Duration, bool) {
	n, ok := r.number(number)
	return history.Duration(n), ok
}

func (r *reading) float(number byte) (float64, bool) {
	n, ok := r.number(number)
	return math.Float64frombits(uint64(n)), ok
}

func (r *reading) payload(number byte) history.Payload {
	value, _ := r.one(number)
	return r.checked(number, value)
}

func (r *reading) checked(number byte, value []byte) history.Payload {
	p := history.Payload(value)
	if !p.Valid() {
		r.fail("has a payload in field %d that is no JSON", number)
		return nil
	}
	return p
}

// maxList bounds what a record says repeatedly.
const maxList = 10_000

func (r *reading) list(number byte) (values [][]byte) {
	for {
		value, ok := r.take(number)
		if !ok {
			return values
		}
		if len(values) == maxList {
			r.fail("repeats field %d more than %d times", number, maxList)
			return nil
		}
		values = append(values, value)
	}
}

// end returns what was wrong, which may be a field that nobody asked for.
func (r *reading) end() error {
	if n := r.peek(); n != 0 {
		r.fail("has a field %d that is not known here", n)
	} else if len(r.rest) > 0 {
		r.fail("has a field 0")
	}
	return r.err
}
