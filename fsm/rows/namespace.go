package rows

import (
	"aion.dev/aion/fsm/history"
)

// Namespace is one that somebody created; default has no row. Level 4, like everything in this
// file.
type Namespace struct {
	Name        string       `cbor:"1,keyasint"`
	Description string       `cbor:"2,keyasint,omitempty"`
	Quotas      Quotas       `cbor:"3,keyasint,omitzero"`
	Index       uint64       `cbor:"4,keyasint"` // of the entry that created it
	At          history.Time `cbor:"5,keyasint"`
	By          string       `cbor:"6,keyasint,omitempty"` // the actor
}

// Quotas bound what a namespace may have; 0 = no bound.
type Quotas struct {
	OpenRuns        uint64 `cbor:"1,keyasint,omitempty"`
	StartsPerSecond uint64 `cbor:"2,keyasint,omitempty"` // that callers ask for
	StateBytes      uint64 `cbor:"3,keyasint,omitempty"` // of the histories of its runs
}

// NamespaceUse is what a namespace has, kept with every change.
type NamespaceUse struct {
	Runs  uint64       `cbor:"1,keyasint,omitempty"` // open and closed ones that are kept
	Open  uint64       `cbor:"2,keyasint,omitempty"`
	Bytes uint64       `cbor:"3,keyasint,omitempty"` // of the histories of Runs
	Free  history.Time `cbor:"4,keyasint,omitempty"` // when what callers started is within StartsPerSecond again

	Feed     uint64 `cbor:"5,keyasint,omitempty"` // events of its stream that are kept
	FeedFrom Place  `cbor:"6,keyasint,omitzero"`  // none is before
}

// The rows of a namespace.
const (
	spaceRow = 'n'
	spaceUse = 'u'
)

// Logs of a namespace, beside those of default.
const (
	SpaceDeploys = 'h'
	SpaceFeed    = 'f'
)

// SpaceKey is the key of a namespace, with an empty name the beginning of all.
func SpaceKey(name string) []byte { return append(append(Key(FamilySpace), spaceRow), name...) }

// SpaceUseKey is the key of what a namespace has.
func SpaceUseKey(name string) []byte { return append(append(Key(FamilySpace), spaceUse), name...) }

// SpaceRuns is the beginning of the keys of a namespace's runs; of the empty one that of stretches
// of runs of other namespaces, by their first serial.
func SpaceRuns(name string) []byte {
	return append(append(Key(FamilySpaceRun), byte(len(name))), name...)
}

// SpaceLog is the beginning of the keys of a log of a namespace.
func SpaceLog(name string, log byte) []byte {
	return append(append(append(Key(FamilySpaceLog), byte(len(name))), name...), log)
}

// PlaceIn is the key of a place behind the beginning of keys.
func PlaceIn(prefix []byte, p Place) []byte {
	return AppendU32(AppendU64(prefix[:len(prefix):len(prefix)], p.Index), p.N)
}

// PlaceAfter reads the place behind the beginning of a key.
func PlaceAfter(prefix, k []byte) Place {
	return Place{Index: U64(k[len(prefix):]), N: U32(k[len(prefix)+8:])}
}
