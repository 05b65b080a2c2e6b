package catalog

import "fmt"

// Package is one loaded version: what the replicated state knows of it. The archive itself is a
// blob, addressed by Blob and never opened by the state machine. A Package that went into a Catalog
// is shared by all readers: nobody modifies it or what it refers to.
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
	InputSchema   Digest `cbor:"5,keyasint,omitempty"` // SHA-256 of the canonical input schema; zero = none
}

// What one package may bring into the replicated state. Together they keep the entry that loads it
// small; see docs/PACKAGE.md.
const (
	MaxMembers    = 256      // workflow types of one package
	MaxEntryBytes = 64 << 10 // members, description and labels, counted as entrySize does
)

// Member returns the member that carries workflow type typ.
func (p *Package) Member(typ string) (*Member, bool) {
	for i := range p.Members {
		if p.Members[i].Type == typ {
			return &p.Members[i], true
		}
	}
	return nil, false
}

// Types lists the workflow types that p carries, the primary first.
func (p *Package) Types() []string {
	types := make([]string, len(p.Members))
	for i, m := range p.Members {
		types[i] = m.Type
	}
	return types
}

// DeployedName is how the runtime knows a module (without extension) of one version. Module names
// cannot hold a '$', so it is unambiguous.
func DeployedName(module string, v Version) string { return module + "$" + v.String() }

// Validate refuses, as *InvalidPackage or *PackageTooLarge, what the replicated state must never
// hold. Archives that Open accepted pass.
func (p *Package) Validate() error {
	if p.Version.IsZero() {
		return &InvalidPackage{Field: "version", Reason: "is missing"}
	}
	if len(p.Members) == 0 {
		return &InvalidPackage{Field: "workflows", Reason: "is empty; a package carries at least one workflow type"}
	}
	if len(p.Members) > MaxMembers {
		return &PackageTooLarge{What: "workflows", Limit: MaxMembers, Size: int64(len(p.Members))}
	}
	seen := make(map[string]bool, len(p.Members))
	for i, m := range p.Members {
		field := fmt.Sprintf("workflows[%d].type", i)
		if reason := checkType(m.Type); reason != "" {
			return &InvalidPackage{Field: field, Reason: reason}
		}
		if seen[m.Type] {
			return &InvalidPackage{Field: field, Reason: fmt.Sprintf("repeats workflow type %q", m.Type)}
		}
		seen[m.Type] = true
	}
	if n := entrySize(p.Description, p.Labels, p.Members); n > MaxEntryBytes {
		return &PackageTooLarge{What: "entry_bytes", Limit: MaxEntryBytes, Size: n}
	}
	return nil
}

// entrySize bounds from above what members, description and labels take in a CBOR log entry. It
// adds up lengths instead of encoding, so that the codec may change without changing which packages
// load.
func entrySize(description string, labels map[string]string, members []Member) int64 {
	const (
		perString = 5  // the longest CBOR header that 64 KiB can need
		perMember = 64 // map header, 5 keys, timeout, schema digest
	)
	n := perString + len(description)
	for k, v := range labels {
		n += 2*perString + len(k) + len(v)
	}
	for _, m := range members {
		n += perMember + 3*perString + len(m.Type) + len(m.EntryModule) + len(m.EntryFunction)
	}
	return int64(n)
}
