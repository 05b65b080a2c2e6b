package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/history"
)

// Node is a row of the node table: where a node is reached and which versions it has ready. It is written through the log on every boot.
type Node struct {
	ID          string         `cbor:"1,keyasint"`
	RaftAddress string         `cbor:"2,keyasint"`
	HTTPAddress string         `cbor:"3,keyasint"`
	Version     string         `cbor:"4,keyasint"`          // of the binary
	AnnouncedAt history.Time   `cbor:"5,keyasint"`          // set by apply
	Digest      catalog.Digest `cbor:"6,keyasint,omitzero"` // last reported state digest
	DigestIndex uint64         `cbor:"7,keyasint,omitempty"`
}

// AnnounceNode writes a node's row. Its first one in a cluster without an id also sets ClusterID.
type AnnounceNode struct {
	Node      Node   `cbor:"1,keyasint"`
	ClusterID string `cbor:"2,keyasint,omitempty"` // minted before the log; the first one stays
}

// RemoveNode forgets a node that left the configuration.
type RemoveNode struct {
	ID string `cbor:"1,keyasint"`
}

// ReportReady says which loaded versions a node has compiled; versions that are not loaded are ignored.
type ReportReady struct {
	Node    string          `cbor:"1,keyasint"`
	Version catalog.Version `cbor:"2,keyasint"`
	Ready   bool            `cbor:"3,keyasint,omitempty"`
	Problem string          `cbor:"4,keyasint,omitempty"` // why it is not ready
}

// AnnounceLeader is the first command of a new leader: it tells the event stream.
type AnnounceLeader struct {
	Node string `cbor:"1,keyasint"`
	Term uint64 `cbor:"2,keyasint"`
}

// Check asks every node for its digest at this index.
type Check struct {
	Leader string `cbor:"1,keyasint"`
}

// ReportDigest says what a node's running digest was at the index of a Check.
type ReportDigest struct {
	Node   string         `cbor:"1,keyasint"`
	Index  uint64         `cbor:"2,keyasint"`
	Digest catalog.Digest `cbor:"3,keyasint"`
}

// Done answers the commands that have nothing to say but their index.
type Done struct{}

// Kind implements Command.
func (*AnnounceNode) Kind() Kind   { return KindAnnounceNode }
func (*RemoveNode) Kind() Kind     { return KindRemoveNode }
func (*ReportReady) Kind() Kind    { return KindReportReady }
func (*ReportDigest) Kind() Kind   { return KindReportDigest }
func (*AnnounceLeader) Kind() Kind { return KindAnnounceLeader }
func (*Check) Kind() Kind          { return KindCheck }
func (*Done) answer()              {}
