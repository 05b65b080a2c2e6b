package rows

// The queue of request keys has a row for each, in the order in which they expire:
//
//	U | class (1) | second (5) | hash (12)  ->  owner
//
// A key that is taken again after it had expired stands there twice: the old place is passed over,
// because the row names another second.
const (
	SecondBytes   = 5
	QueueKeyBytes = 1 + 1 + SecondBytes + HashBytes
)

// ForgetKey is the place of a request key in the queue of its class.
func ForgetKey(class uint8, second uint64, hash []byte) []byte {
	k := AppendU64(append(Key(FamilyForget), class), second)
	k = append(k[:2], k[2+8-SecondBytes:]...)
	return append(k, hash...)
}

// RequestTotal is what a class of the table holds.
type RequestTotal struct {
	Bytes  uint64 `cbor:"1,keyasint,omitempty"`
	Keys   uint64 `cbor:"2,keyasint,omitempty"`
	Front  []byte `cbor:"3,keyasint,omitempty"` // no place of the queue stands before
	Holder string `cbor:"4,keyasint,omitempty"` // who holds most, as far as changes since showed
	Held   uint64 `cbor:"5,keyasint,omitempty"` // bytes of Holder
}

// OwnerUse is what one owner holds of each class.
type OwnerUse struct {
	Bytes [Classes]uint64 `cbor:"1,keyasint"`
	Keys  [Classes]uint64 `cbor:"2,keyasint"`
}

// Empty reports whether the owner holds nothing, and so has no row.
func (u *OwnerUse) Empty() bool { return *u == OwnerUse{} }
