package rows

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// Meta is the one row that every entry rewrites: where the state stands, and the counters that
// number its rows. It is the only row outside the digest, because it holds the digest.
type Meta struct {
	Index     uint64         `cbor:"1,keyasint"` // of the newest applied entry
	Now       history.Time   `cbor:"2,keyasint"` // log time of that entry
	Digest    catalog.Digest `cbor:"3,keyasint"` // running digest, of all entries
	ClusterID string         `cbor:"4,keyasint,omitempty"`

	Serial uint64 `cbor:"5,keyasint,omitempty"` // of the newest run
	Pin    uint64 `cbor:"6,keyasint,omitempty"` // number of the newest pin

	Requests    [2]Span `cbor:"7,keyasint"`            // numbers of the unowned request ids remembered: given, made up
	Deploys     uint64  `cbor:"8,keyasint,omitempty"`  // records kept
	DeploysFrom Place   `cbor:"9,keyasint,omitzero"`   // no record is before
	Feed        uint64  `cbor:"10,keyasint,omitempty"` // events kept
	FeedFrom    Place   `cbor:"11,keyasint,omitzero"`  // no event is before
	Checks      []Check `cbor:"12,keyasint,omitempty"` // the newest, oldest first
	Nodes       uint64  `cbor:"13,keyasint,omitempty"` // in the node table
	Purged      uint64  `cbor:"14,keyasint,omitempty"` // runs deleted
	Schedules   uint64  `cbor:"15,keyasint,omitempty"` // in the table of schedules
	Job         uint64  `cbor:"17,keyasint,omitempty"` // id of the newest job
	Jobs        uint64  `cbor:"18,keyasint,omitempty"` // in the table of jobs

	Level uint64 `cbor:"19,keyasint,omitempty"` // see Level

	Table [Classes]RequestTotal `cbor:"16,keyasint,omitzero"` // what the request table holds of each class
}

// Span is a run of numbers from First to before End.
type Span struct {
	First uint64 `cbor:"1,keyasint,omitempty"`
	End   uint64 `cbor:"2,keyasint,omitempty"`
}

// Len is how many numbers it has.
func (s Span) Len() uint64 { return s.End - s.First }

// AnyUnowned reports whether there are rows of the old kind.
func (m *Meta) AnyUnowned() bool {
	return m.Requests[ClassGiven].Len()+m.Requests[ClassMadeUp].Len() > 0
}
