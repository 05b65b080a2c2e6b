package wire

import "time"

// LogLine is a line that the code of a run logged.
type LogLine struct {
	Seq  uint64    `json:"seq" doc:"Number among all lines of the run, from 1; lines that are no longer kept are counted"`
	At   time.Time `json:"at"`
	Turn uint64    `json:"turn" doc:"Number of the turn that logged it"`
	Text string    `json:"text" doc:"What the code said"`
}

// RunLog is a part of what a run's code logged. Next is where to go on; 0: the run is closed and
// there is no more. The oldest lines are dropped when a run logs more than is kept.
type RunLog struct {
	Lines  []LogLine `json:"lines" doc:"In the order in which they were logged"`
	Logged uint64    `json:"logged" doc:"Lines in all, also those that are no longer kept"`
	Next   uint64    `json:"next,omitempty"`
	Indexed
}
