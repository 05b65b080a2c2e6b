package wire

// RunCount is the exact number of runs of one type, version and status.
type RunCount struct {
	WorkflowType string `json:"workflow_type" ns:"name"`
	Version      string `json:"version" ns:"version"`
	Status       string `json:"status"`
	Count        uint64 `json:"count"`
}

// RunCounts is the answer of GET /v1/counts.
type RunCounts struct {
	Total  uint64     `json:"total"`
	Counts []RunCount `json:"counts"`
	Indexed
}
