package wire

import "time"

// CanaryRequest is the body of PUT /v1/canaries/{type}. What is absent is no threshold.
type CanaryRequest struct {
	Version       string `json:"version,omitempty" ns:"version" doc:"Full, or a unique prefix of at least 6 digits; absent: that of the canary there is"`
	Share         string `json:"share" doc:"Of new starts: a percentage with at most two decimals, such as 10% or 0.25%"`
	Key           string `json:"key,omitempty" doc:"Attribute whose value decides which version a run gets; absent: the workflow id. Cannot be changed later"`
	AbortFailures uint64 `json:"abort_failures,omitempty" doc:"So many failed runs of the canary abort it"`
	PromoteAfter  uint64 `json:"promote_after,omitempty" doc:"So many completed runs of the canary promote it"`
	For           string `json:"for,omitempty" doc:"It is promoted after so long, a Go duration from now"`
	Message       string `json:"message,omitempty" doc:"For the deploy history"`
}

// CanaryEnd is the body of POST /v1/canaries/{type}/promote.
type CanaryEnd struct {
	Message string `json:"message,omitempty" doc:"For the deploy history"`
}

// Canary is the canary of a type, with what became of the runs that started since it began.
type Canary struct {
	WorkflowType  string       `json:"workflow_type" ns:"name"`
	Version       string       `json:"version" ns:"version" doc:"Of the canary"`
	Routed        string       `json:"routed" ns:"version" doc:"Version that all other starts get"`
	Share         string       `json:"share" doc:"Of new starts, such as 10%"`
	Key           string       `json:"key,omitempty" doc:"Attribute whose value decides; absent: the workflow id"`
	AbortFailures uint64       `json:"abort_failures,omitempty"`
	PromoteAfter  uint64       `json:"promote_after,omitempty"`
	Until         *time.Time   `json:"until,omitempty" doc:"It is promoted then"`
	BeganIndex    uint64       `json:"began_index"`
	BeganAt       time.Time    `json:"began_at"`
	Actor         string       `json:"actor"`
	Counts        CanaryCounts `json:"counts"`
	Ended         string       `json:"ended,omitempty" enum:"promoted,aborted" doc:"How it ended; absent while there is one"`
}

// CanaryCounts counts runs of both versions.
type CanaryCounts struct {
	Canary CanaryRuns `json:"canary"`
	Routed CanaryRuns `json:"routed"`
}

// CanaryRuns counts runs of one version that started since the canary began.
type CanaryRuns struct {
	Started   uint64 `json:"started"`
	Completed uint64 `json:"completed" doc:"Also those that continued as new"`
	Failed    uint64 `json:"failed" doc:"Also those that ran out of time"`
}

// CanaryRead is the answer of GET /v1/canaries/{type}.
type CanaryRead struct {
	Canary
	Indexed
}

// CanaryAnswer is the answer of a change.
type CanaryAnswer struct {
	Canary
	Answered
}

// Canaries lists all canaries, by type.
type Canaries struct {
	Canaries []Canary `json:"canaries"`
	Indexed
}
