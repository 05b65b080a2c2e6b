package wire

import "time"

// DefaultNamespace is the one of calls that name none. It is always there.
const DefaultNamespace = "default"

// NamespaceQuotas bound what a namespace may have; absent = no bound.
type NamespaceQuotas struct {
	OpenRuns        uint64 `json:"open_runs,omitempty" doc:"Open runs, whoever starts them"`
	StartsPerSecond uint64 `json:"starts_per_second,omitempty" doc:"Starts that callers ask for; up to a second's at once"`
	StateBytes      uint64 `json:"state_bytes,omitempty" doc:"Bytes of the histories of its runs, open and closed; at the bound nothing is started or signalled"`
}

// NamespaceSpec is the body of POST /v1/namespaces.
type NamespaceSpec struct {
	Name        string           `json:"name" doc:"1 to 63 of a-z 0-9 -"`
	Description string           `json:"description,omitempty" doc:"For people"`
	Quotas      *NamespaceQuotas `json:"quotas,omitempty"`
	Retention   string           `json:"retention,omitempty" doc:"A Go duration: how long closed runs of types without a rule of their own are kept; default: for ever"`
}

// NamespaceChange is the body of PUT /v1/namespaces/{name}. What is absent stays; a quota of 0 is
// taken away.
type NamespaceChange struct {
	Description     *string `json:"description,omitempty" doc:"For people"`
	OpenRuns        *uint64 `json:"open_runs,omitempty" doc:"As in quotas; 0 takes the quota away"`
	StartsPerSecond *uint64 `json:"starts_per_second,omitempty" doc:"Likewise"`
	StateBytes      *uint64 `json:"state_bytes,omitempty" doc:"Likewise"`
	Retention       string  `json:"retention,omitempty" doc:"As of POST /v1/namespaces; 0s: for ever"`
}

// Namespace is one that was created.
type Namespace struct {
	Name         string          `json:"name"`
	Description  string          `json:"description,omitempty" doc:"For people"`
	Quotas       NamespaceQuotas `json:"quotas"`
	CreatedIndex uint64          `json:"created_index,omitempty" doc:"Log index; absent: default, which nobody created"`
	CreatedAt    *time.Time      `json:"created_at,omitempty" doc:"Log time; likewise"`
	CreatedBy    string          `json:"created_by,omitempty" doc:"The actor; likewise"`
}

// NamespaceUse is what a namespace has.
type NamespaceUse struct {
	Runs       uint64 `json:"runs" doc:"Open and closed ones that are kept"`
	OpenRuns   uint64 `json:"open_runs" doc:"Open runs"`
	StateBytes uint64 `json:"state_bytes" doc:"Of the histories of its runs"`
}

// NamespaceShown is the answer of GET /v1/namespaces/{name}.
type NamespaceShown struct {
	Namespace
	Use *NamespaceUse `json:"use,omitempty" doc:"Absent: default, of which nothing is counted"`
	Indexed
}

// NamespaceAnswer is a namespace as it is after a change, or was when it was deleted.
type NamespaceAnswer struct {
	Namespace
	Answered
}

// Namespaces is a page of namespaces, by name. Default stands first on the first page.
type Namespaces struct {
	Namespaces []Namespace `json:"namespaces" doc:"By name"`
	NextCursor string      `json:"next_cursor,omitempty"`
	Indexed
}
