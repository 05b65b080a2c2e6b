package catalog

import (
	"fmt"
	"strings"
)

// These are the refusals of this package. Each is a pointer to a struct that names the obstacle.
// Their CBOR fields are numbered because the state machine stores its refusals. Code is the error
// code that users see, Facts the machine-readable part of the answer.

// maxNamed bounds every list in a refusal; a count beside it gives the total.
const maxNamed = 20

func firstOf[T any](list []T) []T { return list[:min(len(list), maxNamed)] }

// UnknownVersion: no loaded version starts with Ref and, if Type is set, carries Type.
type UnknownVersion struct {
	Type string `cbor:"1,keyasint,omitempty"`
	Ref  string `cbor:"2,keyasint"`
	// the newest 20 loaded versions (that carry Type), newest first
	Loaded      []Version `cbor:"3,keyasint,omitempty"`
	LoadedCount int       `cbor:"4,keyasint,omitempty"`
}

func (e *UnknownVersion) Error() string {
	of := ""
	if e.Type != "" {
		of = fmt.Sprintf(" of workflow type %s", Quote(e.Type))
	}
	if e.LoadedCount == 0 {
		return fmt.Sprintf("version %s%s is not loaded; no version%s is", e.Ref, of, of)
	}
	return fmt.Sprintf("version %s%s is not loaded; loaded: %s", e.Ref, of, enumerate(short(e.Loaded), e.LoadedCount))
}

func (e *UnknownVersion) Code() string { return "unknown_version" }

func (e *UnknownVersion) Facts() map[string]any {
	facts := map[string]any{"version": e.Ref, "loaded": full(e.Loaded), "loaded_count": e.LoadedCount}
	if e.Type != "" {
		facts["workflow_type"] = e.Type
	}
	return facts
}

// UnknownWorkflowType: Type has no route. Loaded are the newest 20 versions it could be routed to,
// newest first.
type UnknownWorkflowType struct {
	Type        string    `cbor:"1,keyasint"`
	Loaded      []Version `cbor:"2,keyasint,omitempty"`
	LoadedCount int       `cbor:"3,keyasint,omitempty"`
}

func (e *UnknownWorkflowType) Error() string {
	if e.LoadedCount == 0 {
		return fmt.Sprintf("workflow type %s is unknown: no loaded version carries it", Quote(e.Type))
	}
	return fmt.Sprintf("workflow type %s has no route; it is carried by: %s", Quote(e.Type), enumerate(short(e.Loaded), e.LoadedCount))
}

func (e *UnknownWorkflowType) Code() string { return "unknown_workflow_type" }

func (e *UnknownWorkflowType) Facts() map[string]any {
	return map[string]any{"workflow_type": e.Type, "loaded": full(e.Loaded), "loaded_count": e.LoadedCount}
}

// VersionUnavailable: Version is needed for Type, but has been unloaded.
type VersionUnavailable struct {
	Type    string  `cbor:"1,keyasint,omitempty"`
	Version Version `cbor:"2,keyasint"`
}

func (e *VersionUnavailable) Error() string {
	return fmt.Sprintf("version %s of workflow type %s has been unloaded", e.Version.Short(), Quote(e.Type))
}

func (e *VersionUnavailable) Code() string { return "version_unavailable" }

func (e *VersionUnavailable) Facts() map[string]any {
	return map[string]any{"workflow_type": e.Type, "version": e.Version.String()}
}

// ManifestMismatch: Version is loaded with another manifest, that is, with another description or
// labels.
type ManifestMismatch struct {
	Version  Version `cbor:"1,keyasint"`
	Resident Digest  `cbor:"2,keyasint"` // of the manifest that is loaded
	Offered  Digest  `cbor:"3,keyasint"`
}

func (e *ManifestMismatch) Error() string {
	return fmt.Sprintf("version %s is loaded with another manifest: the code is the same, but description or labels differ", e.Version.Short())
}

func (e *ManifestMismatch) Code() string { return "manifest_mismatch" }

func (e *ManifestMismatch) Facts() map[string]any {
	return map[string]any{"version": e.Version.String(), "resident_manifest": e.Resident.String(), "offered_manifest": e.Offered.String()}
}

// enumerate lists the first few of count names for people. Scripts find up to 20 in the facts.
func enumerate(names []string, count int) string {
	const few = 5
	names = names[:min(len(names), few)]
	if more := count - len(names); more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), more)
	}
	return strings.Join(names, ", ")
}

func short(versions []Version) []string {
	out := make([]string, len(versions))
	for i, v := range versions {
		out[i] = v.Short()
	}
	return out
}

func full(versions []Version) []string {
	out := make([]string, len(versions))
	for i, v := range versions {
		out[i] = v.String()
	}
	return out
}
