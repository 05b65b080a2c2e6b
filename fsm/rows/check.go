package rows

import "aion.dev/aion/catalog"

// Check is a recent Check: the index of its entry, and this node's running digest after that
// entry.
type Check struct {
	Index  uint64         `cbor:"1,keyasint"`
	Digest catalog.Digest `cbor:"2,keyasint"`
}

// ReportKey is the key of what a node reported for the check at an index.
func ReportKey(index uint64, node string) []byte {
	return append(NumberKey(FamilyReport, index), node...)
}
