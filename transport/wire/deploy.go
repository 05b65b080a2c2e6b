package wire

import (
	"encoding/json"
	"time"
)

// None means "no version" in conditions on routes.
const None = "none"

// LoadOptions are the query parameters of POST /v1/packages; the body is the archive.
type LoadOptions struct {
	NoRoute bool     // load without touching routes
	Expect  []string // conditions TYPE=VERSION or TYPE=none; VERSION may be a prefix
	DryRun  bool     // validate everything, change nothing
	Message string   // for the deploy history
	Gate    string   // "open": route only if every open run of the types replays on the version

	Signatures []string // of the archive's version, as lines of a signature file
}

// LoadAnswer describes what a deploy did. workflow_type, deployed_entry_module and entry_function
// are those of the primary member.
type LoadAnswer struct {
	Version             string            `json:"version" ns:"version"`
	WorkflowTypes       []string          `json:"workflow_types" ns:"name"`
	WorkflowType        string            `json:"workflow_type" ns:"name"`
	DeployedEntryModule string            `json:"deployed_entry_module" ns:"deployed"`
	EntryFunction       string            `json:"entry_function"`
	FreshlyLoaded       bool              `json:"freshly_loaded" doc:"False if the version was already loaded"`
	RouteChanged        bool              `json:"route_changed" doc:"At least one member's route points elsewhere now"`
	PreviousRoutes      map[string]string `json:"previous_routes" ns:"routes" doc:"Of each type whose route changed, the version routed before, where rollback goes; absent if there is none"`
	LoadedAt            time.Time         `json:"loaded_at"`
	DryRun              bool              `json:"dry_run,omitempty" doc:"Nothing was changed; this is what would have happened"`
	Answered
}

// Archive is the answer of PUT /v1/archives.
type Archive struct {
	Archive       string   `json:"archive" doc:"SHA-256 of the archive's bytes, by which other calls name it"`
	Version       string   `json:"version"`
	WorkflowTypes []string `json:"workflow_types"`
	Answered
}

// PinCounts counts the open runs that pin a package, by kind.
type PinCounts struct {
	InFlightStart  uint64 `json:"in_flight_start"`
	LiveRun        uint64 `json:"live_run"`
	RecoverableRun uint64 `json:"recoverable_run"`
	RecordedChild  uint64 `json:"recorded_child"`
}

// Total is the number of open runs.
func (c *PinCounts) Total() uint64 {
	if c == nil {
		return 0
	}
	return c.InFlightStart + c.LiveRun + c.RecoverableRun + c.RecordedChild
}

// Version is a row of the listing: there is one for each member of each loaded package. A row that
// shows another moment (?at=) has no ready_nodes and pins, and of what was unloaded since only what
// the deploy history knows.
type Version struct {
	WorkflowType        string     `json:"workflow_type" ns:"name"`
	Version             string     `json:"version" ns:"version"`
	DeployedEntryModule string     `json:"deployed_entry_module,omitempty" ns:"deployed" doc:"Absent with at, for what was unloaded since"`
	EntryFunction       string     `json:"entry_function,omitempty" doc:"Likewise"`
	Timeout             string     `json:"timeout,omitempty" doc:"Time limit of the whole run, a Go duration"`
	LoadedAt            time.Time  `json:"loaded_at,omitzero" doc:"Absent with at, for what was unloaded since and whose load is no longer in the deploy history"`
	LoadedIndex         uint64     `json:"loaded_index,omitempty" doc:"Likewise"`
	RouteActive         bool       `json:"route_active" doc:"New runs of the type start on this version"`
	ReadyNodes          []string   `json:"ready_nodes,omitzero" doc:"Nodes that have the version compiled; absent with at"`
	Pins                *PinCounts `json:"pins,omitempty" doc:"Pins of the whole package; absent with at"`
	UnloadedAt          *time.Time `json:"unloaded_at,omitempty" doc:"With at: when it was unloaded, after that"`
	UnloadedIndex       uint64     `json:"unloaded_index,omitempty" doc:"With at: likewise"`

	// From level 1 of the state on.
	State             string       `json:"state,omitempty" enum:"staged,canary,routed,draining,drained" doc:"What the version is to the type: it was never routed to it, a share of its starts goes to it, it is routed to it, it was and something still pins the package or is routed to it, nothing does any more"`
	StateIndex        uint64       `json:"state_index,omitempty" doc:"Since which index it is in that state; what was loaded before the cluster reached level 1: that index"`
	StateAt           *time.Time   `json:"state_at,omitempty" doc:"Since when, in log time"`
	Ephemeral         bool         `json:"ephemeral,omitempty" doc:"It came along with a run, and is unloaded in the entry in which the last run on it closes"`
	DrainedIndex      uint64       `json:"drained_index,omitempty" doc:"Index of the entry since which nothing pins the package and no type is routed to it; absent while that is not so, or never was otherwise"`
	DrainedAt         *time.Time   `json:"drained_at,omitempty" doc:"When that was, in log time"`
	OldestPin         *PinHolder   `json:"oldest_pin,omitempty" doc:"The open run that has pinned the package for the longest time"`
	UnloadWhenDrained *UnloadAsked `json:"unload_when_drained,omitempty" doc:"It is unloaded as soon as it is drained"`

	Stopped *Stop `json:"stopped,omitempty" doc:"Nothing of the type starts on this version: the type, or the version, is stopped"`
}

// UnloadAsked is who asked that a version be unloaded once it is drained.
type UnloadAsked struct {
	Index   uint64    `json:"index"`
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"`
	Message string    `json:"message,omitempty"`
}

// Versions is the listing, sorted by type, loaded_at, version.
type Versions struct {
	Versions []Version `json:"versions"`
	Indexed
}

// VersionShown is the answer of GET /v1/versions/{type}/{version}.
type VersionShown struct {
	Version
	Manifest    json.RawMessage    `json:"manifest" doc:"The manifest as it was deployed: docs/PACKAGE.md"`
	Description string             `json:"description" doc:"From the manifest; not part of the version"`
	Labels      map[string]string  `json:"labels" doc:"From the manifest; not part of the version"`
	Modules     []Module           `json:"modules" doc:"In the order of their names"`
	Signatures  []VersionSignature `json:"signatures" doc:"Of the version, in the order in which they came"`
	Indexed
}

// Module is a file of code.
type Module struct {
	Name  string `json:"name" doc:"File name below modules/, with its extension"`
	Bytes int    `json:"bytes" doc:"Size in bytes"`
}

// RouteRequest is the body of PUT /v1/routes/{type}.
type RouteRequest struct {
	Version string `json:"version" ns:"version" doc:"Full, or a unique prefix of at least 6 digits"`
	Expect  string `json:"expect,omitempty" ns:"version" doc:"Version (or prefix) that the route must point at now, or none"`
	Message string `json:"message,omitempty" doc:"For the deploy history"`
}

// RouteChange is the body of rollback, and the query of unroute.
type RouteChange struct {
	Expect  string `json:"expect,omitempty" ns:"version"`
	Message string `json:"message,omitempty"`
}

// RouteAnswer describes a changed route. Version is empty after unroute; Previous is empty if
// nothing was routed before.
type RouteAnswer struct {
	WorkflowType string `json:"workflow_type" ns:"name"`
	Version      string `json:"version" ns:"version"`
	Previous     string `json:"previous" ns:"version" doc:"Version routed before this one, and where rollback goes; empty = none"`
	RouteChanged bool   `json:"route_changed"`
	Answered
}

// UnloadAnswer names what was removed, or is going to be.
type UnloadAnswer struct {
	Version       string   `json:"version" ns:"version"`
	WorkflowTypes []string `json:"workflow_types" ns:"name"`
	Pending       bool     `json:"pending,omitempty" doc:"It is still there, and goes in the entry that drains it"`
	Answered
}

// RunName identifies a run.
type RunName struct {
	WorkflowID string `json:"workflow_id" ns:"name"`
	RunID      string `json:"run_id"`
}

// PinHolder is one open run that pins a version.
type PinHolder struct {
	Kind         string    `json:"kind" enum:"in_flight_start,live_run,recoverable_run,recorded_child"`
	WorkflowID   string    `json:"workflow_id" ns:"name"`
	RunID        string    `json:"run_id"`
	WorkflowType string    `json:"workflow_type" ns:"name"`
	Owner        string    `json:"owner,omitempty"`
	RecordedBy   *RunName  `json:"recorded_by,omitempty" doc:"The parent whose turn recorded the child"`
	Since        time.Time `json:"since" doc:"When the run took this kind"`
}

// Pins lists what pins one version: the counts are of the whole package, the holders are one page.
type Pins struct {
	Version     string      `json:"version" ns:"version"`
	RouteActive bool        `json:"route_active" doc:"A route of any member points at the version"`
	Counts      PinCounts   `json:"counts"`
	Total       uint64      `json:"total"`
	Holders     []PinHolder `json:"holders"`
	NextCursor  string      `json:"next_cursor,omitempty"`
	Indexed
}

// Deploy is a record of the deploy history.
type Deploy struct {
	Index        uint64    `json:"index"`
	N            uint32    `json:"n" doc:"Order among the records of the same index"`
	At           time.Time `json:"at"`
	Operation    string    `json:"operation" enum:"load,route,unroute,rollback,unload,unload_when_drained,cancel_unload,canary,canary_promote,canary_abort,deployment,schedule" doc:"deployment: one that was refused as a whole; schedule: one that was refused for it"`
	WorkflowType string    `json:"workflow_type" ns:"name"`
	Version      string    `json:"version,omitempty" ns:"version"`
	Previous     string    `json:"previous,omitempty" ns:"version"`
	Actor        string    `json:"actor"`
	RequestID    string    `json:"request_id"`
	Outcome      string    `json:"outcome" doc:"ok, or the code of the refusal"`
	Message      string    `json:"message,omitempty"`

	FreshlyLoaded bool     `json:"freshly_loaded,omitempty" doc:"The load registered the version; until then it was not loaded"`
	RouteChanged  bool     `json:"route_changed,omitempty" doc:"The type's route points elsewhere since"`
	RoutedBefore  string   `json:"routed_before,omitempty" ns:"version" doc:"Of a route that changed: what was routed until then; absent = nothing was"`
	SignedBy      []string `json:"signed_by,omitempty" doc:"Of a load: the trusted keys that had signed the version, each as its name, a space and the public key"`
	Chain         string   `json:"chain,omitempty" doc:"SHA-256 of the chain of the act before and of this record: docs/DEPLOY_HISTORY.md. Absent: a refusal, or from before there were chains"`
}

// Deploys is a page of the deploy history, newest first.
type Deploys struct {
	Deploys    []Deploy `json:"deploys"`
	Chain      string   `json:"chain,omitempty" doc:"That of the newest act of all, whatever the page shows"`
	NextCursor string   `json:"next_cursor,omitempty"`
	Indexed
}
