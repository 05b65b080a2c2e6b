package catalog

// Package is one loaded version: what the replicated state knows of it. The archive itself is a blob, addressed by Blob and never opened by the state machine.
type Package struct {
	Version        Version           `cbor:"1,keyasint"`
	Blob           Digest            `cbor:"2,keyasint"` // SHA-256 of the archive bytes; the first blob of a version stays
	ManifestDigest Digest            `cbor:"3,keyasint"` // SHA-256 of manifest.json as shipped: tells a re-load with other labels apart
	Description    string            `cbor:"4,keyasint,omitempty"`
	Labels         map[string]string `cbor:"5,keyasint,omitempty"`
	Members        []Member          `cbor:"6,keyasint"` // at least one; the first is the primary; at most 256
	LoadedAt       int64             `cbor:"7,keyasint"` // log time, unix nanoseconds
	LoadedIndex    uint64            `cbor:"8,keyasint"` // log index of the entry that loaded it
}

// Member is one workflow type that a package carries.
type Member struct {
	Type          string `cbor:"1,keyasint"`
	EntryModule   string `cbor:"2,keyasint"` // without extension: "order" for modules/order.star
	EntryFunction string `cbor:"3,keyasint"`
	Timeout       int64  `cbor:"4,keyasint,omitempty"` // nanoseconds for the whole run; 0 = none
	InputSchema   Digest `cbor:"5,keyasint,omitzero"` // SHA-256 of the canonical input schema; zero = none
}

// Route says which version new runs of a type start on.
type Route struct {
	Type     string  `cbor:"1,keyasint"`
	Version  Version `cbor:"2,keyasint"`
	Previous Version `cbor:"3,keyasint,omitempty"` // the version routed before, for rollback; zero = none
	Index    uint64  `cbor:"4,keyasint"`           // log index of the entry that set it
}

// Expect is a caller's condition on one route: it must point at a version that starts with Ref, or not exist if Ref is "none".
type Expect struct {
	Type string `cbor:"1,keyasint"`
	Ref  string `cbor:"2,keyasint"`
}
