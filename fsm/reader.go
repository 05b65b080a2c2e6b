package fsm

// reader is what the functions that read an index need: a step (with the entry's own changes on
// top) and a picture both are one. Neither returns errors: a step fails as a whole, and a picture's
// error stops the node at the next entry.
type reader interface {
	Get(key []byte) []byte // a copy, nil when there is none
	Scan(first, end []byte, f func(k, v []byte) bool)
}
