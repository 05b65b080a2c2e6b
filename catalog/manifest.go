package catalog

import (
	"encoding/json"
	"time"
)

// ManifestName is the archive's file that holds the Manifest.
const ManifestName = "manifest.json"

// The levels that this code understands. A package with another level is refused.
const (
	Format = 1 // of archive and manifest
	ABI    = 1 // of the language and the host interface that a project gets without asking
	MaxABI = 2 // the newest one; engine/runtime/starlark tells what each has
	Driver = 2 // the newest one; docs/GUEST.md tells what each does
)

// MaxManifestBytes bounds manifest.json: parsing JSON takes many times its size in memory.
const MaxManifestBytes = 1 << 20

// Manifest describes the contents of a package. Everything except Description, Labels and Version
// is its identity, which decides the version.
type Manifest struct {
	Format      int               `json:"format"`
	ABI         int               `json:"abi"`
	Workflows   []Workflow        `json:"workflows"`        // at least one; the first is the primary
	Activities  []string          `json:"activities"`       // every activity the code may schedule, sorted; [] if none
	Driver      int               `json:"driver,omitempty"` // of scripts, which plays a guest for them; absent = the first
	Description string            `json:"description,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Version     Version           `json:"version,omitzero"` // must be Hash of the rest; Write sets it
}

// Workflow is one workflow type that the package carries. Optional keys are absent, never null or
// empty.
type Workflow struct {
	Type          string `json:"type"`
	EntryModule   string `json:"entry_module"` // without extension: "order" for modules/order.star
	EntryFunction string `json:"entry_function"`
	// Go duration for the whole run, kept as written because it is hashed
	Timeout      string          `json:"timeout,omitempty"`
	InputSchema  json.RawMessage `json:"input_schema,omitempty"`
	OutputSchema json.RawMessage `json:"output_schema,omitempty"`
}

// Deadline returns how long a run may take; 0 means no limit. The Workflow must be valid.
func (w *Workflow) Deadline() time.Duration {
	d, _ := time.ParseDuration(w.Timeout)
	return d
}

// Members returns what the replicated state keeps of the workflows. The Manifest must be valid.
func (m *Manifest) Members() []Member {
	members := make([]Member, len(m.Workflows))
	for i, w := range m.Workflows {
		members[i] = Member{Type: w.Type, EntryModule: w.EntryModule, EntryFunction: w.EntryFunction, Timeout: int64(w.Deadline())}
		if w.InputSchema != nil {
			members[i].InputSchema, _ = SchemaDigest(w.InputSchema)
		}
	}
	return members
}
