package rows

import (
	"fmt"

	"aion.dev/aion/fsm/cbor"
)

// Everything of ours that is stored or logged is CBOR with integer keys (package cbor), behind a
// kind number where several types may stand.

// Encode writes v, which may be a command: those hold what callers wrote. It is quick with pointers
// to structs.
func Encode(v any) ([]byte, error) { return cbor.Append(nil, v) }

// AppendEncode appends what Encode writes to b.
func AppendEncode(b []byte, v any) ([]byte, error) { return cbor.Append(b, v) }

// Decode is the reverse of Encode. V points to a zero value.
func Decode(b []byte, v any) error { return cbor.Read(b, v) }

// Encoded is the bytes of v, a type of this package or of catalog or history: those always encode.
func Encoded(v any) []byte { return AppendEncoded(nil, v) }

// AppendEncoded appends them to b.
func AppendEncoded(b []byte, v any) []byte {
	b, err := cbor.Append(b, v)
	if err != nil {
		panic(fmt.Sprintf("rows: encode %T: %s", v, err))
	}
	return b
}
