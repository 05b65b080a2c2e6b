package rows

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"aion.dev/aion/fsm/history"
)

// Classes of request keys: each has a queue, a lifetime and a bound of its own.
const (
	ClassGiven  = 0
	ClassMadeUp = 1
	Classes     = 2
)

// Remembered is the row of a request key. Ten million of them must fit on a disk, so the row holds
// no text of the caller's: the key is a hash of owner and key, and the print is cut.
//
//	Q | hash (12)            ->  print (8) | expires, class (uvarint) | index (uvarint) | outcome
//
// A start takes 96 bytes here and 19 in the queue, with a generated workflow id.
type Remembered struct {
	Print   [PrintBytes]byte
	Expires uint64 // second of log time
	Class   uint8
	Index   uint64
	Outcome []byte // the answer or refusal, as package fsm writes it
}

// HashBytes keeps two of ten million keys apart but for one chance in 10^15; to find a key that
// reads like one of another owner's takes 2^73 tries, and then still needs that one's print.
const (
	HashBytes  = 12
	PrintBytes = 8 // a caller who looks for two requests with one print fools only itself
)

// RequestKey is where the row of a request stands. The owner stands behind its length, so that no
// owner and key read like others.
func RequestKey(owner, id string) []byte {
	h := sha256.New()
	h.Write(AppendU64(nil, uint64(len(owner))))
	h.Write([]byte(owner))
	h.Write([]byte(id))
	return append(Key(FamilyRemembered), h.Sum(nil)[:HashBytes]...)
}

// Encode writes the row.
func (m *Remembered) Encode() []byte {
	b := append(make([]byte, 0, PrintBytes+2*binary.MaxVarintLen64+len(m.Outcome)), m.Print[:]...)
	b = binary.AppendUvarint(b, m.Expires<<1|uint64(m.Class))
	b = binary.AppendUvarint(b, m.Index)
	return append(b, m.Outcome...)
}

// DecodeRemembered reads a row.
func DecodeRemembered(b []byte) (m Remembered, err error) {
	rest := b[copy(m.Print[:], b):]
	expires, n := binary.Uvarint(rest)
	index, w := binary.Uvarint(rest[max(n, 0):])
	if n <= 0 || w <= 0 {
		return m, fmt.Errorf("request row %x is cut off", b)
	}
	m.Expires, m.Class, m.Index, m.Outcome = expires>>1, uint8(expires&1), index, rest[n+w:]
	return m, nil
}

// Alive reports whether the row still answers.
func (m *Remembered) Alive(now history.Time) bool { return m.Expires*1e9 > uint64(now) }

// Cost is what a key takes of its class's bytes: its row and its place in the queue.
func (m *Remembered) Cost(row []byte, owner string) int64 {
	return int64(1 + HashBytes + len(row) + QueueKeyBytes + len(owner))
}
