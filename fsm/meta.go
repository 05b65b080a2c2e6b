package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// meta is the one row that every entry rewrites: where the state stands, and the counters that
// number its rows. It is the only row outside the digest, because it holds the digest.
type meta struct {
	Index     uint64         `cbor:"1,keyasint"` // of the newest applied entry
	Now       history.Time   `cbor:"2,keyasint"` // log time of that entry
	Digest    catalog.Digest `cbor:"3,keyasint"` // running digest, see digest.go
	ClusterID string         `cbor:"4,keyasint,omitempty"`

	Serial uint64 `cbor:"5,keyasint,omitempty"` // of the newest run
	Pin    uint64 `cbor:"6,keyasint,omitempty"` // number of the newest pin

	Requests    [2]span    `cbor:"7,keyasint"`            // numbers of the unowned request ids remembered: given, made up
	Deploys     uint64     `cbor:"8,keyasint,omitempty"`  // records kept
	DeploysFrom place      `cbor:"9,keyasint,omitzero"`   // no record is before
	Feed        uint64     `cbor:"10,keyasint,omitempty"` // events kept
	FeedFrom    place      `cbor:"11,keyasint,omitzero"`  // no event is before
	Checks      []CheckRow `cbor:"12,keyasint,omitempty"` // the newest, oldest first
	Nodes       uint64     `cbor:"13,keyasint,omitempty"` // in the node table
	Purged      uint64     `cbor:"14,keyasint,omitempty"` // runs deleted
	Schedules   uint64     `cbor:"15,keyasint,omitempty"` // in the table of schedules
	Job         uint64     `cbor:"17,keyasint,omitempty"` // id of the newest job
	Jobs        uint64     `cbor:"18,keyasint,omitempty"` // in the table of jobs

	Table [classes]requestTotal `cbor:"16,keyasint,omitzero"` // what the request table holds of each class
}

// span is a run of numbers from First to before End.
type span struct {
	First uint64 `cbor:"1,keyasint,omitempty"`
	End   uint64 `cbor:"2,keyasint,omitempty"`
}

func (s span) len() uint64 { return s.End - s.First }
