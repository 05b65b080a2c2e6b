package rows

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// Node is a row of the node table: where a node is reached and which versions it has ready. It is
// written through the log on every boot.
type Node struct {
	ID          string         `cbor:"1,keyasint"`
	RaftAddress string         `cbor:"2,keyasint"`
	HTTPAddress string         `cbor:"3,keyasint"`
	Version     string         `cbor:"4,keyasint"`          // of the binary
	AnnouncedAt history.Time   `cbor:"5,keyasint"`          // set by apply
	Digest      catalog.Digest `cbor:"6,keyasint,omitzero"` // last reported state digest
	DigestIndex uint64         `cbor:"7,keyasint,omitempty"`
}

// RemovedNode is the row of an id that is used up. A node that came back under it would be taken
// for one that remembers its votes and its log.
type RemovedNode struct {
	Index uint64       `cbor:"1,keyasint"` // of the entry that removed it
	At    history.Time `cbor:"2,keyasint"`
}

// Readiness says whether a node has compiled a loaded version.
type Readiness struct {
	Version catalog.Version `cbor:"1,keyasint"`
	Node    string          `cbor:"2,keyasint"`
	Ready   bool            `cbor:"3,keyasint,omitempty"`
	Problem string          `cbor:"4,keyasint,omitempty"`
}

// JoinToken lets nodes into the cluster that no certificate names. The secret is nowhere, only its
// hash.
type JoinToken struct {
	ID        string         `cbor:"1,keyasint"`
	Hash      catalog.Digest `cbor:"2,keyasint"`           // SHA-256 of the secret
	By        string         `cbor:"3,keyasint,omitempty"` // name of the token of who made it
	CreatedAt history.Time   `cbor:"4,keyasint"`           // set by apply
	ExpiresAt history.Time   `cbor:"5,keyasint,omitempty"` // 0 = never
}

// Expired reports whether the token lets nobody in any more.
func (j JoinToken) Expired(now history.Time) bool { return j.ExpiresAt != 0 && j.ExpiresAt <= now }

// DemotedNode is the row of a node that an operator made a non-voter. The cluster gives it no vote
// by itself.
type DemotedNode struct {
	Index uint64       `cbor:"1,keyasint"` // of the entry that said so
	At    history.Time `cbor:"2,keyasint"`
}

// JoinTokenKey is the key of a join token, or the beginning of all.
func JoinTokenKey(id string) []byte { return append(append(Key(FamilyMembership), 'j'), id...) }

// DemotedKey is the key of a demoted node, or the beginning of all.
func DemotedKey(node string) []byte { return append(append(Key(FamilyMembership), 'v'), node...) }

// ReadinessKey is the key of what a node says of a version.
func ReadinessKey(v catalog.Version, node string) []byte {
	return append(VersionKey(FamilyReadiness, v), node...)
}
