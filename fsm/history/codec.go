package history

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	"aion.dev/aion/fsm/cbor"
)

// The bytes of an event are its type (1 byte), seq and time (8 bytes each, big-endian), then its
// data as deterministic CBOR.
const eventHead = 1 + 8 + 8

// AppendEvent appends the bytes of e to dst.
func AppendEvent(dst []byte, e Event) ([]byte, error) {
	dst = append(dst, byte(e.Data.Type()))
	dst = binary.BigEndian.AppendUint64(dst, e.Seq)
	dst = binary.BigEndian.AppendUint64(dst, uint64(e.At))
	dst, err := cbor.Append(dst, e.Data)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", e.Data.Type(), err)
	}
	return dst, nil
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
	if err := cbor.Read(b[eventHead:], e.Data); err != nil {
		return Event{}, fmt.Errorf("decode %s: %w", t, err)
	}
	return e, nil
}

// MarshalCBOR writes the event as one byte string, so that it can be a field of a command.
func (e Event) MarshalCBOR() ([]byte, error) { return e.AppendCBOR(nil) }

// AppendCBOR appends what MarshalCBOR returns.
func (e Event) AppendCBOR(dst []byte) ([]byte, error) {
	from := len(dst)
	dst, err := AppendEvent(dst, e)
	if err != nil {
		return nil, err
	}
	return cbor.Enclose(dst, from), nil
}

// UnmarshalCBOR is the reverse of MarshalCBOR.
func (e *Event) UnmarshalCBOR(b []byte) error {
	raw, err := cbor.Enclosed(b)
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
