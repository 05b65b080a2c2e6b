package wire

// Retention says how long closed runs of a type are kept.
type Retention struct {
	WorkflowType string `json:"workflow_type,omitempty" ns:"name" doc:"Absent: all types without a rule of their own"`
	Age          string `json:"age" doc:"A Go duration since the run closed; 0s: for ever"`
}

// RetentionRules lists the rules, by type.
type RetentionRules struct {
	Rules []Retention `json:"rules"`
	Indexed
}

// RetentionRequest is the body of PUT /v1/retention and PUT /v1/retention/{type}.
type RetentionRequest struct {
	Age string `json:"age"`
}

// RetentionAnswer is the rule that a change was about.
type RetentionAnswer struct {
	Retention
	Answered
}

// VersionRetention says which drained versions are unloaded.
type VersionRetention struct {
	Active bool   `json:"active" doc:"There is a rule; without one drained versions stay"`
	Keep   uint64 `json:"keep" doc:"Of each type the newest so many that are loaded stay"`
	MinAge string `json:"min_age" doc:"A version stays for so long after it was drained, a Go duration"`
}

// VersionRetentionRead is the answer of GET /v1/retention/versions.
type VersionRetentionRead struct {
	VersionRetention
	Indexed
}

// VersionRetentionRequest is the body of PUT /v1/retention/versions: Off takes the rule away.
type VersionRetentionRequest struct {
	Keep   *int64 `json:"keep,omitempty" doc:"Of each type the newest so many that are loaded stay, drained or not"`
	MinAge string `json:"min_age,omitempty" doc:"A version stays for so long after it was drained, a Go duration; 0s if absent"`
	Off    bool   `json:"off,omitempty" doc:"Take the rule away: drained versions stay"`
}

// VersionRetentionAnswer is the rule as it is now.
type VersionRetentionAnswer struct {
	VersionRetention
	Answered
}
