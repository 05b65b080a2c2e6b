package rows

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// UnownedRequest is the row of a request key as builds before owners wrote it.
type UnownedRequest struct {
	Print   catalog.Digest `cbor:"1,keyasint"`
	Index   uint64         `cbor:"2,keyasint"`
	Expires history.Time   `cbor:"3,keyasint"`
	Number  uint64         `cbor:"4,keyasint"` // its place in the expiry queue of its class
	Class   uint8          `cbor:"5,keyasint,omitempty"`
	Outcome []byte         `cbor:"6,keyasint"`
}

// ExpiryKey is its place in the queue of its class.
func ExpiryKey(class uint8, number uint64) []byte {
	return AppendU64(append(Key(FamilyExpiry), class), number)
}
