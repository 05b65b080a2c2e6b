package cbor

import (
	"reflect"

	"github.com/fxamacker/cbor/v2"
)

// Reading is strict: a field that this build does not know means that a newer build wrote it, and a
// node that guessed would disagree with the others.
var (
	encoding = must(cbor.CoreDetEncOptions().EncMode())
	decoding = must(cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		MaxArrayElements:  maxElements,
		MaxMapPairs:       1 << 20,
		UTF8:              cbor.UTF8DecodeInvalid, // a text that is not UTF-8 is stored as it is: whatever encodes must decode, or one request stops every node
	}.DecMode())
)

const maxElements = 1 << 24

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // options are constants
	}
	return v
}

// Append appends the bytes of v to b.
func Append(b []byte, v any) ([]byte, error) {
	if at := reflect.ValueOf(v); at.Kind() == reflect.Pointer && !at.IsNil() {
		if p := planOf(at.Type().Elem()); p.kind != byLibrary {
			return p.append(b, at.UnsafePointer())
		}
	}
	more, err := encoding.Marshal(v)
	return append(b, more...), err
}

// Read reads into v, which points to a zero value, what Append wrote.
func Read(b []byte, v any) error {
	at := reflect.ValueOf(v)
	if at.Kind() == reflect.Pointer && !at.IsNil() {
		if p := planOf(at.Type().Elem()); p.kind != byLibrary {
			r := reader{b: b}
			if r.read(p, at.UnsafePointer()) && r.at == len(b) {
				return nil
			}
			at.Elem().SetZero()
		}
	}
	return decoding.Unmarshal(b, v)
}

// Enclosed returns what Enclose made a byte string of; it shares b's memory.
func Enclosed(b []byte) ([]byte, error) {
	r := reader{b: b}
	if v, ok := r.take(majorOctets); ok && r.at == len(b) {
		return v, nil
	}
	var v []byte
	err := decoding.Unmarshal(b, &v)
	return v, err
}
