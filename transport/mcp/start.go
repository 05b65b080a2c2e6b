package mcp

// startOptions are what a start takes beside what is run, as the API has them.
type startOptions struct {
	ID         string         `json:"workflow_id,omitempty" jsonschema:"id of the run; empty = a new one. At most one run of an id is open"`
	Input      any            `json:"input,omitempty" jsonschema:"input of the run"`
	Attributes map[string]any `json:"attributes,omitempty" jsonschema:"names and values by which the run is found"`
	Timeout    string         `json:"timeout,omitempty" jsonschema:"time limit of the run, such as 10m; empty = the project's"`
	Signal     *startSignal   `json:"signal,omitempty" jsonschema:"signal that the run receives as it starts or, with if_open signal, the run that is open"`
	IfOpen     string         `json:"if_open,omitempty" jsonschema:"if a run of this id is open: refuse (default), signal (it gets the signal), use (answer with it) or terminate (and start)"`
	IfClosed   string         `json:"if_closed,omitempty" jsonschema:"if the newest run of this id is closed: allow (default), failed_only (start unless it completed) or refuse"`
	Delay      string         `json:"delay,omitempty" jsonschema:"how long to wait before the run begins, such as 10m; it is open meanwhile"`
	Retry      *startRetry    `json:"retry,omitempty" jsonschema:"start the run anew when it fails or times out: as another run of its id, with the same input"`
	Chain      string         `json:"chain_timeout,omitempty" jsonschema:"time limit of the run with all runs that continue it, or try again"`
}

type startSignal struct {
	Name    string `json:"name" jsonschema:"signal"`
	Payload any    `json:"payload,omitempty" jsonschema:"what it carries"`
}

type startRetry struct {
	MaxAttempts  int      `json:"max_attempts,omitempty" jsonschema:"tries in all; 0 = as many as it takes"`
	Backoff      string   `json:"backoff,omitempty" jsonschema:"wait before the second try; default 1s"`
	Factor       float64  `json:"factor,omitempty" jsonschema:"what the wait grows by with each failure; default 2"`
	MaxBackoff   string   `json:"max_backoff,omitempty" jsonschema:"longest wait; default 1m"`
	NonRetryable []string `json:"non_retryable,omitempty" jsonschema:"kinds of failures after which it is not tried again"`
}
