package rows

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// Everything of ours that is stored or logged is CBOR with integer keys, written in one way only
// (RFC 8949 core deterministic encoding), behind a kind number where several types may stand.
// Reading is strict: a field that this build does not know means that a newer build wrote it, and a
// node that guessed would disagree with the others.
var (
	encoding = must(cbor.CoreDetEncOptions().EncMode())
	decoding = must(cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		MaxArrayElements:  1 << 24,
		MaxMapPairs:       1 << 20,
		UTF8:              cbor.UTF8DecodeInvalid, // a text that is not UTF-8 is stored as it is: whatever encodes must decode, or one request stops every node
	}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // options are constants
	}
	return v
}

// Encode writes v, which may be a command: those hold what callers wrote.
func Encode(v any) ([]byte, error) { return encoding.Marshal(v) }

// Decode is the reverse of Encode.
func Decode(b []byte, v any) error { return decoding.Unmarshal(b, v) }

// Encoded is the bytes of v, a type of this package or of catalog or history: those always encode.
func Encoded(v any) []byte {
	b, err := Encode(v)
	if err != nil {
		panic(fmt.Sprintf("rows: encode %T: %s", v, err))
	}
	return b
}
