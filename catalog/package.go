package catalog

import (
	"fmt"
	"slices"

	"aion.dev/aion/internal/namespace"
)

// Package is one loaded version, as the replicated state knows it. The archive itself is a blob,
// addressed by Blob, which the state machine never opens. All readers share a Package that went
// into a Catalog: nobody modifies it or what it refers to.
type Package struct {
	Version Version `cbor:"1,keyasint"`
	// SHA-256 of the archive bytes; a version keeps its first blob
	Blob Digest `cbor:"2,keyasint"`
	// SHA-256 of manifest.json as shipped: detects a re-load with other labels
	ManifestDigest Digest            `cbor:"3,keyasint"`
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

// The limits on what one package may bring into the replicated state. Together they keep the entry
// that loads it small; see docs/PACKAGE.md.
const (
	MaxMembers    = 256      // workflow types of one package
	MaxEntryBytes = 64 << 10 // members, description and labels, as entrySize counts them
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

func (p *Package) carries(typ string) bool {
	_, ok := p.Member(typ)
	return ok
}

// Space is the namespace that p is loaded in, which the names of its types tell.
func (p *Package) Space() string {
	if len(p.Members) == 0 {
		return ""
	}
	return namespace.Of(p.Members[0].Type)
}

// Content is the content hash of p's code, whatever the namespace.
func (p *Package) Content() Version { return namespace.Version(p.Space(), p.Version) }

// In returns a package of no namespace, as an archive has it, as it is loaded in one.
func (p Package) In(space string) Package {
	if space == "" {
		return p
	}
	p.Version = namespace.Version(space, p.Version)
	p.Members = slices.Clone(p.Members)
	for i := range p.Members {
		p.Members[i].Type = namespace.Qualify(space, p.Members[i].Type)
	}
	return p
}

// Types lists the workflow types that p carries, the primary first.
func (p *Package) Types() []string {
	types := make([]string, len(p.Members))
	for i, m := range p.Members {
		types[i] = m.Type
	}
	return types
}

// DeployedName returns the runtime's name for a module (without extension) of one version. Module
// names cannot contain '$', so it is unambiguous.
func DeployedName(module string, v Version) string { return module + "$" + v.String() }

// Validate returns *InvalidPackage or *PackageTooLarge for a package that the replicated state must
// never hold. Archives that Open accepted pass.
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
		if reason := checkStored(m.Type); reason != "" {
			return &InvalidPackage{Field: field, Reason: reason}
		}
		if namespace.Of(m.Type) != p.Space() {
			return &InvalidPackage{Field: field, Reason: "is of another namespace than the first"}
		}
		if seen[m.Type] {
			return &InvalidPackage{Field: field, Reason: fmt.Sprintf("repeats workflow type %q", namespace.Bare(m.Type))}
		}
		seen[m.Type] = true
	}
	if n := entrySize(p.Description, p.Labels, p.Members); n > MaxEntryBytes {
		return &PackageTooLarge{What: "entry_bytes", Limit: MaxEntryBytes, Size: n}
	}
	return nil
}

// entrySize returns an upper bound for the size of members, description and labels in a CBOR log
// entry. It adds up lengths instead of encoding, so that a change of the codec does not change
// which packages load.
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
		n += perMember + 3*perString + len(namespace.Bare(m.Type)) + len(m.EntryModule) + len(m.EntryFunction)
	}
	return int64(n)
}
