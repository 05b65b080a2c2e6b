package rows

import (
	"cmp"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// Stop is the row of a workflow type, or of a version, that is stopped: one of Type and Version is
// set.
type Stop struct {
	Type    string          `cbor:"1,keyasint,omitempty"`
	Version catalog.Version `cbor:"2,keyasint,omitzero"`
	Space   string          `cbor:"3,keyasint,omitempty"` // the namespace that it is in
	Reason  string          `cbor:"4,keyasint,omitempty"`
	Actor   string          `cbor:"5,keyasint,omitempty"`
	At      history.Time    `cbor:"6,keyasint"`
	Index   uint64          `cbor:"7,keyasint"`           // log index at which it began
	Open    uint64          `cbor:"8,keyasint,omitempty"` // runs that were running then
}

// StopPrefix is what the keys of all stops begin with.
func StopPrefix() []byte { return append(Key(FamilyStop), 's') }

// StopKey is the key of a stop.
func StopKey(typ string, version catalog.Version) []byte {
	if typ != "" {
		return append(append(StopPrefix(), 't'), typ...)
	}
	return append(append(StopPrefix(), 'v'), version[:]...)
}

// Compare orders stops as their keys do.
func (s *Stop) Compare(o *Stop) int {
	switch {
	case s.Type != "" && o.Type != "":
		return cmp.Compare(s.Type, o.Type)
	case s.Type != "":
		return -1
	case o.Type != "":
		return 1
	}
	return slices.Compare(s.Version[:], o.Version[:])
}
