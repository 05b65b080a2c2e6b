package rows

// Update is where an update of a run stands. Its id stands in the key.
type Update struct {
	Name      string `cbor:"1,keyasint"`
	Accepted  uint64 `cbor:"2,keyasint"`           // seq of its UpdateAccepted
	Completed uint64 `cbor:"3,keyasint,omitempty"` // seq of its first UpdateCompleted; 0 = there is none
}

// UpdateKey is the key of an update, by the serial of its run.
func UpdateKey(serial uint64, id string) []byte {
	return append(NumberKey(FamilyUpdate, serial), id...)
}
