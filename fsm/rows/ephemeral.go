package rows

import "slices"

// Ephemeral marks a version that came along with a run: it goes in the entry in which its last run
// closes. The row goes with the version, or when the version becomes an ordinary one.
type Ephemeral struct {
	// Tokens by whose word runs were started on it, in the order in which they came; the empty name
	// is that of a cluster without tokens. Each of them is charged for the version.
	Owners []string `cbor:"1,keyasint"`
	Bytes  uint64   `cbor:"2,keyasint"` // of its archive

	// Who brought it: in whose name it is unloaded.
	Actor     string `cbor:"3,keyasint,omitempty"`
	RequestID string `cbor:"4,keyasint,omitempty"`
}

// Charged reports whether an owner is charged for the version.
func (e *Ephemeral) Charged(owner string) bool { return slices.Contains(e.Owners, owner) }
