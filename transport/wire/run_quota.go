package wire

// RunQuota bounds runs of a workflow type, or of all types of the namespace together.
type RunQuota struct {
	WorkflowType string `json:"workflow_type,omitempty" ns:"name" doc:"Absent: the namespace as a whole"`
	OpenRuns     uint64 `json:"open_runs,omitempty" doc:"Runs that may be open at a time; absent: no bound"`
	Depth        uint64 `json:"depth,omitempty" doc:"How deep below the root of its tree, which has 0, a run may be; absent: no bound"`
	Open         uint64 `json:"open,omitempty" doc:"In a listing: runs that are open now"`
}

// RunQuotas lists the quotas, that of the namespace as a whole first.
type RunQuotas struct {
	Quotas []RunQuota `json:"quotas"`
	Indexed
}

// RunQuotaRequest is the body of PUT /v1/quotas and PUT /v1/quotas/{type}.
type RunQuotaRequest struct {
	OpenRuns uint64 `json:"open_runs,omitempty" doc:"Runs that may be open at a time; 0: no bound"`
	Depth    uint64 `json:"depth,omitempty" doc:"How deep below the root of its tree a run may be; 0: no bound"`
}

// RunQuotaAnswer is the quota as it is now.
type RunQuotaAnswer struct {
	RunQuota
	Answered
}
