package history

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// The bytes of an event are its type (1 byte), seq and time (8 bytes each, big-endian), then its
// data as deterministic CBOR.
const eventHead = 1 + 8 + 8

var (
	encode = must(cbor.CoreDetEncOptions().EncMode())
	decode = must(cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF, ExtraReturnErrors: cbor.ExtraDecErrorUnknownField, MaxArrayElements: 1 << 24, MaxMapPairs: 1 << 20, UTF8: cbor.UTF8DecodeInvalid}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // options are constants
	}
	return v
}

// AppendEvent appends the bytes of e to dst.
func AppendEvent(dst []byte, e Event) ([]byte, error) {
	data, err := encode.Marshal(e.Data)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", e.Data.Type(), err)
	}
	dst = append(dst, byte(e.Data.Type()))
	dst = binary.BigEndian.AppendUint64(dst, e.Seq)
	dst = binary.BigEndian.AppendUint64(dst, uint64(e.At))
	return append(dst, data...), nil
}

// DecodeEvent reads the bytes that AppendEvent wrote. A type or field that this build does not know
// is an error: whoever reads the log stops there.
func DecodeEvent(b []byte) (Event, error) {
	if len(b) < eventHead {
		return Event{}, fmt.Errorf("event of %d bytes is shorter than its head of %d", len(b), eventHead)
	}
	t := Type(b[0])
	if int(t) >= len(kinds) || kinds[t].make == nil {
		return Event{}, fmt.Errorf("event type %d is not known to this build", t)
	}
	e := Event{Seq: binary.BigEndian.Uint64(b[1:]), At: Time(binary.BigEndian.Uint64(b[9:])), Data: kinds[t].make()}
	if err := decode.Unmarshal(b[eventHead:], e.Data); err != nil {
		return Event{}, fmt.Errorf("decode %s: %w", t, err)
	}
	return e, nil
}

// MarshalCBOR writes the event as one byte string, so that it can be a field of a command.
func (e Event) MarshalCBOR() ([]byte, error) {
	b, err := AppendEvent(nil, e)
	if err != nil {
		return nil, err
	}
	return encode.Marshal(b)
}

// UnmarshalCBOR is the reverse of MarshalCBOR.
func (e *Event) UnmarshalCBOR(b []byte) error {
	var raw []byte
	err := decode.Unmarshal(b, &raw)
	if err == nil {
		*e, err = DecodeEvent(raw)
	}
	return err
}

// MarshalJSON writes {seq, at, type, data}, the form that users read.
func (e Event) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Seq  uint64 `json:"seq"`
		At   Time   `json:"at"`
		Type string `json:"type"`
		Data Data   `json:"data"`
	}{e.Seq, e.At, e.Data.Type().String(), e.Data})
}
