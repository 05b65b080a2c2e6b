package wire

import "time"

// BacktestRequest is the body of POST /v1/backtests: which code is tried, and on which histories.
type BacktestRequest struct {
	Archive string   `json:"archive,omitempty" doc:"Of a stored archive, as PUT /v1/archives answered; or"`
	Version string   `json:"version,omitempty" ns:"version" doc:"a loaded version, full or a prefix"`
	Types   []string `json:"types,omitempty" ns:"name" doc:"Only runs of these types; default: all that the candidate carries"`
	Runs    string   `json:"runs,omitempty" enum:"open,closed,all" doc:"Default: all"`
	Since   string   `json:"since,omitempty" doc:"Only runs that started since then: a Go duration before now, or a time in RFC 3339"`
	Limit   uint64   `json:"limit,omitempty" doc:"The newest so many; default: all"`
	Where   []string `json:"where,omitempty" ns:"where" doc:"Conditions, as in a listing: only runs that meet all"`
}

// BacktestStarted is the answer of POST /v1/backtests.
type BacktestStarted struct {
	BacktestID string `json:"backtest_id" doc:"Known to the node that answered alone"`
	Runs       uint64 `json:"runs" doc:"How many histories will be replayed; until all are found, at most so many"`
	Node       string `json:"node" doc:"Id of the node that runs it"`
	Answered
}

// Backtest tells how far a backtest has come.
type Backtest struct {
	BacktestID string           `json:"backtest_id" doc:"As the start answered"`
	Status     string           `json:"status" enum:"running,completed,stopped,failed"`
	Why        string           `json:"why,omitempty" ns:"text" doc:"Why it failed"`
	Node       string           `json:"node" doc:"Id of the node that runs it"`
	Done       uint64           `json:"done" doc:"Histories with a verdict"`
	Total      uint64           `json:"total" doc:"Histories to replay; until all are found, at most so many"`
	Same       uint64           `json:"same" doc:"The candidate asks for the same and ends the same"`
	Diverged   uint64           `json:"diverged" doc:"It asks for something else"`
	Differed   uint64           `json:"differed" doc:"It asks for the same and ends with another result or error"`
	Skipped    uint64           `json:"skipped" doc:"Not replayed"`
	Results    []BacktestResult `json:"results" doc:"A page of the verdicts, in the order in which they were found"`
	LeftOff    uint64           `json:"left_off" doc:"Verdicts that are counted and not kept: of same ones 1000 are, of all together 10000"`
	NextCursor string           `json:"next_cursor,omitempty" doc:"Absent when there will be no more results"`
	BeganAt    time.Time        `json:"began_at" doc:"By the clock of the node"`
	EndedAt    *time.Time       `json:"ended_at,omitempty" doc:"By the clock of the node; absent while it runs"`
	Indexed
}

// BacktestResult is the verdict on one run.
type BacktestResult struct {
	WorkflowID string `json:"workflow_id" ns:"name"`
	RunID      string `json:"run_id"`
	Version    string `json:"version" ns:"version" doc:"That the run is on"`
	Verdict    string `json:"verdict" enum:"same,diverged,differed,skipped" doc:"What became of the history on the candidate"`
	Seq        uint64 `json:"seq,omitempty" doc:"Of the first recorded event that was not asked for again; absent if the candidate asks for more than was recorded"`
	Recorded   string `json:"recorded,omitempty" doc:"What was recorded there; absent: nothing more"`
	Asked      string `json:"asked,omitempty" doc:"What the candidate asks for; absent: nothing more"`
	Where      string `json:"where,omitempty" doc:"File and line of the candidate that asks, or that waits; absent: it had ended"`
	Why        string `json:"why,omitempty" ns:"text" doc:"Why it was skipped"`
}
