package wire

import "encoding/json"

// RunCount is the exact number of runs of one type, version and status.
type RunCount struct {
	WorkflowType string `json:"workflow_type" ns:"name"`
	Version      string `json:"version" ns:"version"`
	Status       string `json:"status"`
	Count        uint64 `json:"count"`
}

// ValueCount is the exact number of runs with one value of an attribute.
type ValueCount struct {
	Value json.RawMessage `json:"value" doc:"As the attribute has it"`
	Count uint64          `json:"count"`
}

// RunCounts is the answer of GET /v1/counts.
type RunCounts struct {
	Total  uint64     `json:"total"`
	Counts []RunCount `json:"counts"`

	Values []ValueCount `json:"values,omitempty" doc:"With by: the values of the attribute, the most frequent first; counts is empty then"`
	Indexed
}
