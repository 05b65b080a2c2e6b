package wire

// Retention says how long closed runs of a type are kept.
type Retention struct {
	WorkflowType string `json:"workflow_type,omitempty" doc:"Absent: all types without a rule of their own"`
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
